import type { FailOptions } from '../definition/participant.ts'
import { MakegoodError } from '../model/errors.ts'
import type { Answer } from '../ports/store.ts'

/** What `reject` throws. */
export class Rejection extends Error {}

export function reject(reason: string): never {
  throw new Rejection(`REJECTED: ${reason}`)
}

/** What `succeed` and `fail` make; nothing else is an answer. */
export class GivenAnswer {
  readonly answer: Answer
  readonly record: FailOptions<unknown>['record'] | undefined

  constructor(answer: Answer, record?: FailOptions<unknown>['record']) {
    this.answer = answer
    this.record = record
  }
}

export function succeed(reply?: unknown): GivenAnswer {
  return new GivenAnswer({ failure: undefined, payload: reply })
}

export function fail(code: string, details?: unknown, options?: FailOptions<unknown>): GivenAnswer {
  return new GivenAnswer({ failure: code, payload: details }, options?.record)
}

/** For handlers that the compiler has not seen. */
export function givenAnswer(returned: unknown, type: string): GivenAnswer {
  if (returned instanceof GivenAnswer) return returned
  throw new MakegoodError(
    'HOSTS_INVALID',
    `The handler of ${type} returned no answer: it must return what succeed(…) or fail(…) gave it.`,
  )
}
