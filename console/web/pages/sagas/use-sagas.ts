import { keepPreviousData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import type { SagaQuery } from 'makegood/operations/contract'
import type { AwayService } from '../../../server/contract.ts'
import { type AnswerOf, ask } from '../../api/answers.ts'
import { type Merged, merged } from './merge.ts'

export interface SagasFound extends Merged {
  readonly away: readonly AwayService[]
  readonly pages: number
}

/** Whoever wants to see more narrows the list. */
export const pagesMax = 20

/** The sagas of all services as one list, page after page. */
export function useSagas(query: SagaQuery): UseInfiniteQueryResult<SagasFound, Error> {
  return useInfiniteQuery({
    queryKey: ['saga list', query],
    initialPageParam: [] as Merged['goOn'],
    queryFn: async ({ pageParam, signal }) => {
      const parts = pageParam.length === 0 ? [{}] : pageParam
      return Promise.all(parts.map(part => ask('sagas', { ...query, ...part }, signal)))
    },
    getNextPageParam: (_, pages) => {
      const { goOn } = found(pages, query)
      return goOn.length === 0 || pages.length >= pagesMax ? undefined : goOn
    },
    select: ({ pages }) => found(pages, query),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })
}

function found(pages: readonly (readonly AnswerOf<'sagas'>[])[], { order }: SagaQuery): SagasFound {
  const answers = pages.flat()
  return {
    ...merged(
      answers.map(({ services }) => services),
      order,
    ),
    away: [...new Map(answers.flatMap(({ away }) => away.map(each => [each.url, each] as const))).values()],
    pages: pages.length,
  }
}
