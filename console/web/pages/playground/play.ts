import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PlacedOrder, PlaygroundView } from '../../../server/playground-contract.ts'
import { get, post } from '../../api/request.ts'

const key = ['playground']
/** As often as an eye can follow. */
const everyMs = 400

export function usePlayground(): UseQueryResult<PlaygroundView, Error> {
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<PlaygroundView>('/playground', {}, signal),
    refetchInterval: everyMs,
  })
}

export interface Play {
  /** Does something, and shows what there is to see then. Resolves with whether it was done. */
  readonly play: (path: string, body?: object) => Promise<boolean>
  /** What is being done. */
  readonly doing: string | undefined
  /** Why the last thing was not done. */
  readonly error: Error | undefined
}

export function usePlay(): Play {
  const queries = useQueryClient()
  const [doing, setDoing] = useState<string | undefined>()
  const [error, setError] = useState<Error | undefined>()
  const play = async (path: string, body: object = {}): Promise<boolean> => {
    setDoing(path)
    setError(undefined)
    try {
      queries.setQueryData(key, await post<PlaygroundView>(`/playground${path}`, body))
      return true
    } catch (error) {
      setError(error as Error)
      return false
    } finally {
      setDoing(undefined)
    }
  }
  return { play, doing, error }
}

/** Nothing moves: each has ended, or waits for a service that is off. */
export function areAtRest(placed: readonly PlacedOrder[]): boolean {
  return placed.every(({ isOver, waitsFor }) => isOver || waitsFor.length > 0)
}

/** `10 orders: 6 completed, 3 made good, 1 waits for shipping-service.` */
export function tallyOf(placed: readonly PlacedOrder[]): string {
  const counts = new Map<string, number>()
  for (const order of placed) counts.set(fateOf(order), (counts.get(fateOf(order)) ?? 0) + 1)
  const fates = [...counts].map(([fate, count]) => `${count} ${fate}`)
  return `${placed.length} ${placed.length === 1 ? 'order' : 'orders'}: ${fates.join(', ')}.`
}

function fateOf({ saga, waitsFor, isOver }: PlacedOrder): string {
  if (waitsFor.length > 0) return `waiting for ${waitsFor.join(' and ')}`
  if (saga === null) return isOver ? 'refused at once' : 'on the way'
  switch (saga.status) {
    case 'completed':
      return 'completed'
    case 'compensated':
      return 'made good'
    case 'stuck':
      return 'in need of a person'
    case 'abandoned':
      return 'abandoned'
    case 'running':
      return 'on the way'
    case 'compensating':
      return 'on the way back'
  }
}
