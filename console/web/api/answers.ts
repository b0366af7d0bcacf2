import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { routes } from 'makegood/operations/contract'
import type { Answer, ReadName, Reads, SagaAnswer } from '../../server/contract.ts'
import { get, type Query } from './request.ts'

export type AnswerOf<Name extends ReadName> = Answer<Reads[Name]['group']>

/**
 * What all services say to a route. It is asked again when a change is told of, and every few seconds for what changes
 * without being told; what was there before is shown until the answer is there.
 */
export function useAnswer<Name extends ReadName>(
  name: Name,
  query: Reads[Name]['query'] = {},
  { everyMs = 10_000, enabled = true }: { readonly everyMs?: number; readonly enabled?: boolean } = {},
): UseQueryResult<AnswerOf<Name>, Error> {
  return useQuery({
    queryKey: [name, query],
    queryFn: ({ signal }) => ask(name, query, signal),
    refetchInterval: everyMs,
    placeholderData: keepPreviousData,
    enabled,
  })
}

export function ask<Name extends ReadName>(
  name: Name,
  query: Reads[Name]['query'],
  signal?: AbortSignal,
): Promise<AnswerOf<Name>> {
  return get(routes[name].path, query as Query, signal)
}

export function useSaga(id: string): UseQueryResult<SagaAnswer, Error> {
  return useQuery({
    queryKey: ['saga', id],
    queryFn: ({ signal }) => get<SagaAnswer>(sagaPath(id), {}, signal),
    refetchInterval: 10_000,
  })
}

export function sagaPath(id: string): string {
  return routes.saga.path.replace(':id', encodeURIComponent(id))
}
