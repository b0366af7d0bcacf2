import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type BulkWork, counted, doInPages, nothingYet, type Tally } from './in-pages.ts'

export type Stage =
  | { readonly at: 'form'; readonly preview: Tally | null; readonly error: Error | null }
  | { readonly at: 'looking' }
  | { readonly at: 'working'; readonly tally: Tally; readonly isStopping: boolean; readonly stop: () => void }
  /** Stopped, or interrupted by an error: it can go on from there. */
  | { readonly at: 'halted'; readonly tally: Tally; readonly error: Error | null }
  | { readonly at: 'over'; readonly tally: Tally }

export interface Order {
  readonly reason: string
  readonly perSecond: number | undefined
}

interface Bulk {
  readonly stage: Stage
  /** Says what would happen to the first page. */
  look(order: Order): Promise<void>
  /** Does it, from the beginning or from where it was halted. */
  work(order: Order, from?: Tally): Promise<void>
}

/**
 * Where something that is done to many stands. When it ends or halts, everything that is shown is asked for again; who
 * leaves the page stops it.
 */
export function useBulk(workAt: (perSecond: number | undefined) => BulkWork): Bulk {
  const queries = useQueryClient()
  const [stage, setStage] = useState<Stage>({ at: 'form', preview: null, error: null })
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  const look: Bulk['look'] = async ({ reason, perSecond }) => {
    setStage({ at: 'looking' })
    try {
      const page = await workAt(perSecond).page(null, { reason: reason || 'A dry run', dryRun: true })
      setStage({ at: 'form', preview: counted(nothingYet, page), error: null })
    } catch (error) {
      setStage({ at: 'form', preview: null, error: error as Error })
    }
  }

  const work: Bulk['work'] = async ({ reason, perSecond }, from = nothingYet) => {
    const controller = new AbortController()
    const { signal } = controller
    running.current = controller
    let tally = from
    const tell = (now: Tally) => {
      tally = now
      setStage({ at: 'working', tally, isStopping: signal.aborted, stop })
    }
    const stop = () => {
      controller.abort()
      tell(tally)
    }
    tell(from)
    try {
      await doInPages(workAt(perSecond), from, reason, { perSecond, signal, pause }, tell)
      setStage(tally.isOver ? { at: 'over', tally } : { at: 'halted', tally, error: null })
    } catch (error) {
      setStage({ at: 'halted', tally, error: error as Error })
    }
    await queries.invalidateQueries()
  }

  return { stage, look, work }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
