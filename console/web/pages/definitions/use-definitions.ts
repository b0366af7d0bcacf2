import type { UseQueryResult } from '@tanstack/react-query'
import { type AnswerOf, useAnswer } from '../../api/answers.ts'
import { type DefinitionEntry, definitionsIn } from './definitions.ts'

/** All definitions, with how fast they end where that is known already. */
export function useDefinitions(): {
  readonly answer: UseQueryResult<AnswerOf<'definitions'>, Error>
  readonly entriesIn: (hosted: AnswerOf<'definitions'>) => readonly DefinitionEntry[]
} {
  const answer = useAnswer('definitions')
  const pace = useAnswer('pace', {}, { everyMs: 60_000 })
  return { answer, entriesIn: ({ services }) => definitionsIn(services, pace.data?.services ?? []) }
}
