import type { PgClient } from '../../definition/transaction.ts'
import { MakegoodError } from '../../model/errors.ts'
import { quiet } from '../quiet.ts'
import { type Failed, type Scope, Scopes } from '../scopes.ts'
import type { Row } from '../stored-rows.ts'
import type { DriverClient, PooledClient, Result, Statement } from './client.ts'

/**
 * A client that is held for one transaction. Statements leave in the order of the calls, without waiting for each
 * other where the client can pipeline, and one after the other where it cannot. The first that fails is remembered:
 * nobody needs to await a statement for its failure to fail the transaction.
 */
export class Session {
  /** For the user's own statements: the same client, so that they are counted among ours and keep their place. */
  readonly client: PgClient
  readonly #pooled: PooledClient
  readonly #driver: DriverClient
  readonly #scopes = new Scopes()
  #last: Promise<unknown> = Promise.resolve()
  #lost: Error | undefined
  #isOpen = true
  #isGathering = false
  readonly #silence: Silence | undefined

  /** The connection is taken for lost if statements of ours are not answered for `answerMsMax`. */
  constructor(pooled: PooledClient, answerMsMax?: number) {
    this.#pooled = pooled
    this.#silence = answerMsMax === undefined ? undefined : new Silence(answerMsMax, why => this.#abandon(why))
    this.#driver = pooled as unknown as DriverClient
    this.#driver.on?.('error', this.#onLost)
    this.client = this.clientIn(this.#scopes.outermost)
  }

  /** For statements that belong to one scope: refuses them when that is over. */
  clientIn(scope: Scope): PgClient {
    return Object.create(this.#pooled, {
      query: { value: (...parts: QueryParts) => this.#queryOfUser(scope, parts) },
      release: { value: nothing },
    })
  }

  send({ name, text, values }: Statement): Promise<readonly Row[]> {
    return quiet(this.#say({ name, text, values }).then(result => (result as Result).rows))
  }

  /** For what has no values and is not worth preparing. Resolves with the command tag of its last statement. */
  tell(text: string): Promise<string | undefined> {
    return quiet(this.#say(text).then(results => [results].flat().at(-1)?.command))
  }

  /** From here on, failures can be taken back. */
  enter(): Scope {
    return this.#scopes.enter()
  }

  leave(scope: Scope): void {
    this.#scopes.leave(scope)
  }

  undo(scope: Scope): void {
    this.#scopes.undo(scope)
  }

  /** The first failure that was not taken back. */
  get failed(): Failed | undefined {
    return this.#scopes.failed
  }

  /** Nothing further is taken from the user. */
  close(): void {
    this.#isOpen = false
  }

  /** Gives the client back; the pool drops it if its connection is not known to be good. */
  release(error?: Error): void {
    this.#driver.removeListener?.('error', this.#onLost)
    this.#pooled.release(this.#lost ?? error)
  }

  readonly #onLost = (error: Error): void => {
    this.#lost = error
  }

  /** As when the network says so: whoever waits for an answer gets this error, and the pool drops the connection. */
  #abandon(why: Error): void {
    this.#driver.connection?.stream?.destroy(why)
  }

  #say(statement: unknown): Promise<Result | readonly Result[]> {
    const answer = this.#run([statement])
    this.#silence?.until(answer)
    return answer
  }

  #queryOfUser(scope: Scope, parts: QueryParts): unknown {
    if (!this.#isOpen || !this.#scopes.has(scope)) {
      throw new MakegoodError(
        'TRANSACTION_CLOSED',
        'A statement came after its handler had answered, or its transaction had ended: await every statement before.',
      )
    }
    // A cursor, a stream or a callback has its own way of answering.
    if (isSubmittable(parts[0]) || parts.some(part => typeof part === 'function')) return this.#driver.query(...parts)
    return this.#run(parts)
  }

  #run(parts: QueryParts): Promise<Result | readonly Result[]> {
    const scope = this.#scopes.innermost
    this.#gather()
    const answer = this.#driver.pipeline
      ? this.#driver.query(...parts)
      : this.#last.then(() => this.#driver.query(...parts))
    const result = answer.catch(error => {
      throw this.#noted(scope, error)
    })
    this.#last = result.then(nothing, nothing)
    return result
  }

  /**
   * What is said before the next turn of the event loop leaves in one write of the socket: a write costs this process
   * as much as making the statement does.
   */
  #gather(): void {
    const stream = this.#driver.connection?.stream
    if (stream?.cork === undefined || this.#isGathering) return
    this.#isGathering = true
    stream.cork()
    process.nextTick(() => {
      this.#isGathering = false
      stream.uncork()
    })
  }

  #noted(scope: Scope, error: unknown): unknown {
    const first = this.#scopes.fail(scope, error)
    // PostgreSQL says only that something before had failed; whoever reads the error wants to know what.
    return first && codeOf(error) === IN_FAILED_TRANSACTION ? first.error : error
  }
}

/** Of a server that is asked and does not answer. TCP alone would notice after a quarter of an hour, or never. */
class Silence {
  readonly #msMax: number
  readonly #end: (why: Error) => void
  #timer: NodeJS.Timeout | undefined
  #unanswered = 0

  constructor(msMax: number, end: (why: Error) => void) {
    this.#msMax = msMax
    this.#end = end
  }

  /** It begins anew with each answer to one of several questions. */
  until(answer: Promise<unknown>): void {
    this.#unanswered += 1
    this.#timer ??= setTimeout(() => this.#end(silent(this.#msMax)), this.#msMax)
    const heard = () => {
      this.#unanswered -= 1
      if (this.#unanswered > 0) this.#timer?.refresh()
      else {
        clearTimeout(this.#timer)
        this.#timer = undefined
      }
    }
    answer.then(heard, heard)
  }
}

function silent(ms: number): Error {
  return Object.assign(new Error(`PostgreSQL has not answered for ${ms} ms`), { code: 'ETIMEDOUT' })
}

type QueryParts = readonly [statement: unknown, values?: unknown, callback?: unknown]

const IN_FAILED_TRANSACTION = '25P02'

const nothing = (): void => {}

function isSubmittable(statement: unknown): boolean {
  return typeof statement === 'object' && statement !== null && 'submit' in statement
}

export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
}
