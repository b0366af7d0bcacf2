import { apiErrorsIn } from './trouble.ts'

/** What became of one record: its broker has it, may have it or not, or will never take it. */
type Said = 'HELD' | 'UNKNOWN' | 'TOO_LARGE' | (string & {})

export interface Outcome {
  of(record: Where): Said
  readonly endsConnection: boolean
}

interface Where {
  readonly topic: string
  readonly partition: number
}

/**
 * What a request to write has come to, from what it threw, if it did: of one request some partitions may have been
 * written and others not, and some brokers may have answered and others not.
 */
export function outcomeOf(failure: unknown): Outcome {
  if (failure === undefined) return { of: () => 'HELD', endsConnection: false }
  const said = new Map<string, Said>()
  const { produced } = failure as Failure
  for (const where of produced?.offsets ?? []) said.set(nameOf(where), 'HELD')
  const answers = answersIn(failure)
  for (const { response } of answers) {
    for (const { name, partitionResponses } of response.responses) {
      for (const { index, errorCode } of partitionResponses) {
        said.set(nameOf({ topic: name, partition: index }), saidBy(errorCode))
      }
    }
  }
  const isRefusal = (id: string) => id === 'MESSAGE_TOO_LARGE' || id === 'TOPIC_AUTHORIZATION_FAILED'
  const found = apiErrorsIn(failure)
  return {
    of: where => said.get(nameOf(where)) ?? 'UNKNOWN',
    endsConnection: found.length === 0 || !found.every(({ id }) => isRefusal(id)),
  }
}

function saidBy(errorCode: number): Said {
  if (errorCode === 0) return 'HELD'
  if (errorCode === 10 || errorCode === 18) return 'TOO_LARGE'
  return errorCode === 29 ? 'TOPIC_AUTHORIZATION_FAILED' : 'UNKNOWN'
}

function answersIn(thrown: unknown): readonly Answer[] {
  const { response, errors = [] } = (thrown ?? {}) as Partial<Answer> & { readonly errors?: readonly unknown[] }
  return [...(response?.responses ? [{ response }] : []), ...errors.flatMap(answersIn)]
}

function nameOf({ topic, partition }: Where): string {
  return `${topic}:${partition}`
}

interface Failure {
  readonly produced?: { readonly offsets?: readonly Where[] }
}

interface Answer {
  readonly response: {
    readonly responses: readonly {
      readonly name: string
      readonly partitionResponses: readonly { readonly index: number; readonly errorCode: number }[]
    }[]
  }
}
