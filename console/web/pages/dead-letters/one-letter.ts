import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { Reveal } from 'makegood/operations/contract'
import type { PerhapsAway } from '../../../server/contract.ts'
import { type AnswerOf, ask } from '../../api/answers.ts'
import type { LetterView } from '../../parts/letters/letters-table.tsx'

interface LetterAnswer extends PerhapsAway {
  /** Undefined if it is neither dead nor parked. */
  readonly letter: LetterView | undefined
}

/** One message, wherever it is at the moment: redriven, a dead letter is parked, and perhaps a dead letter again. */
export function useLetter(service: string, identity: string): UseQueryResult<LetterAnswer, Error> {
  return useQuery({
    queryKey: ['letter', service, identity],
    queryFn: async ({ signal }) => {
      const found = await Promise.all([
        ask('deadLetters', { service, identity }, signal),
        ask('parked', { service, identity }, signal),
      ])
      return { letter: found.flatMap(lettersIn)[0], away: found[0].away }
    },
    refetchInterval: 10_000,
  })
}

/** The same letter, with nothing masked. */
export async function revealedBy(letter: LetterView, reason: string): Promise<LetterView | undefined> {
  const { service, identity, dueAt } = letter
  const reveal: Reveal = { reveal: true, reason }
  return lettersIn(await ask(dueAt === null ? 'deadLetters' : 'parked', { service, identity, ...reveal }))[0]
}

function lettersIn({ services }: AnswerOf<'deadLetters'>): readonly LetterView[] {
  return services.flatMap(({ service, messages }) => messages.map(message => ({ ...message, service })))
}
