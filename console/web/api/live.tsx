import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import type { AnswerOf } from './answers.ts'
import { urlOf } from './request.ts'

/** `paused` while nobody sees the page. */
export type LiveState = 'connecting' | 'live' | 'paused'

interface Live {
  readonly state: LiveState
  readonly watch: (sagaId: string | undefined) => void
}

const Context = createContext<Live>({ state: 'connecting', watch: () => {} })

/** One stream a page: of the figures, and of the saga that is looked at. What it tells of is asked for again. */
export function LiveProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const queries = useQueryClient()
  const [state, setState] = useState<LiveState>('connecting')
  const [sagaId, watch] = useState<string | undefined>()
  const isSeen = useIsSeen()
  useEffect(() => {
    if (!isSeen) return setState('paused')
    return listen(urlOf('/changes', { saga: sagaId }), queries, setState)
  }, [queries, sagaId, isSeen])
  return <Context value={{ state, watch }}>{children}</Context>
}

export function useLiveState(): LiveState {
  return useContext(Context).state
}

/** As long as the page is there, changes of this saga are told at once. */
export function useWatch(sagaId: string): void {
  const { watch } = useContext(Context)
  useEffect(() => {
    watch(sagaId)
    return () => watch(undefined)
  }, [watch, sagaId])
}

const reopenMs = 3_000

function listen(url: string, queries: QueryClient, tell: (state: LiveState) => void): () => void {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const lists = rested(listsRestMs, () => listsChanged(queries))
  const open = () => {
    tell('connecting')
    source = new EventSource(url)
    source.addEventListener('open', () => tell('live'))
    source.addEventListener('figures', event => {
      queries.setQueryData<AnswerOf<'services'>>(['services', {}], dataOf(event))
      lists.ask()
    })
    source.addEventListener('saga', event => sagaChanged(queries, dataOf(event)))
    source.addEventListener('error', () => {
      tell('connecting')
      // A browser gives up for good if it is refused once.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, reopenMs)
    })
  }
  open()
  return () => {
    clearTimeout(timer)
    lists.stop()
    source.close()
  }
}

/** Under load the figures change every second. They are shown at once; what is counted or listed is asked for less often. */
const listsRestMs = 3_000

/** Does it at once, and what is asked for within the rest after it once more when that is over. */
function rested(ms: number, work: () => void): { readonly ask: () => void; readonly stop: () => void } {
  let isAskedAgain = false
  let resting: ReturnType<typeof setTimeout> | undefined
  const ask = () => {
    if (resting !== undefined) {
      isAskedAgain = true
      return
    }
    isAskedAgain = false
    resting = setTimeout(() => {
      resting = undefined
      if (isAskedAgain) ask()
    }, ms)
    work()
  }
  return { ask, stop: () => clearTimeout(resting) }
}

/** What the console's server says of it: it has made the answers of all services one. */
function dataOf<Data>(event: MessageEvent<string>): Data {
  return JSON.parse(event.data) as Data
}

/** Whatever is counted or listed by what has changed. Its own answer is in the change. */
function listsChanged(queries: QueryClient): void {
  const told = new Set(['session', 'services', 'saga', 'definition'])
  void queries.invalidateQueries({ predicate: ({ queryKey }) => !told.has(String(queryKey[0])) })
}

function sagaChanged(queries: QueryClient, { id }: { readonly id: string }): void {
  void queries.invalidateQueries({ queryKey: ['saga', id] })
}

function useIsSeen(): boolean {
  const [isSeen, setSeen] = useState(!document.hidden)
  useEffect(() => {
    const look = () => setSeen(!document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return isSeen
}
