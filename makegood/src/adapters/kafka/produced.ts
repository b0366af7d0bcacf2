import { apiErrorsIn } from './trouble.ts'

/** What became of one record: its broker has it, may have it or not, does not have it yet, or will not take it. */
export type Said = 'HELD' | 'UNKNOWN' | 'NOT_YET' | 'TOO_LARGE' | 'NOT_ALLOWED'

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
        said.set(nameOf({ topic: name, partition: index }), saidBy[errorCode] ?? 'UNKNOWN')
      }
    }
  }
  return {
    of: where => said.get(nameOf(where)) ?? 'UNKNOWN',
    endsConnection: [...said.values()].includes('UNKNOWN') || apiErrorsIn(failure).length === 0,
  }
}

/** By Kafka's numbers for errors; those that are not here say that it is not known. */
const saidBy: { readonly [errorCode: number]: Said } = {
  0: 'HELD',
  // MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE
  10: 'TOO_LARGE',
  18: 'TOO_LARGE',
  // TOPIC_AUTHORIZATION_FAILED
  29: 'NOT_ALLOWED',
  // UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, FENCED_LEADER_EPOCH
  3: 'NOT_YET',
  5: 'NOT_YET',
  6: 'NOT_YET',
  19: 'NOT_YET',
  74: 'NOT_YET',
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
