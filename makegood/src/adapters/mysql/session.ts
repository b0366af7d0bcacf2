import type { MysqlClient } from '../../definition/transaction.ts'
import { MakegoodError } from '../../model/errors.ts'
import { quiet } from '../quiet.ts'
import { type Failed, type Scope, Scopes } from '../scopes.ts'
import type { Row } from '../stored-rows.ts'
import type { PooledConnection, Result, Value } from './client.ts'
import { classify } from './errors.ts'
import type { Query } from './queries.ts'

/**
 * A connection that is held for one transaction. Statements leave in the order of the calls, each when the one before
 * it was answered; `mysql2` does not send several at once.
 *
 * In MySQL a statement that fails leaves its transaction as it was, and whoever overlooks the error commits the rest.
 * Here it fails all that follow until it is taken back, and the transaction if it is not: nobody needs to await a
 * statement for its failure to be seen. After a deadlock the server has already rolled back the whole transaction:
 * that is never taken back.
 */
export class Session {
  /** For the user's own statements: the same connection, so that they are counted among ours and keep their place. */
  readonly client: MysqlClient
  readonly #connection: PooledConnection
  readonly #answerMsMax: number
  readonly #scopes = new Scopes()
  #last: Promise<unknown> = Promise.resolve()
  /** What ended the transaction on the server, whatever scope it was said in. */
  #ended: Failed | undefined
  #isLost = false
  #isOpen = true

  /** A statement of ours that is not answered within `answerMsMax` is taken for lost, with its connection. */
  constructor(connection: PooledConnection, answerMsMax: number) {
    this.#connection = connection
    this.#answerMsMax = answerMsMax
    this.client = this.clientIn(this.#scopes.outermost)
  }

  /** For statements that belong to one scope: refuses them when that is over. */
  clientIn(scope: Scope): MysqlClient {
    const guarded = (how: 'query' | 'execute') => ({
      value: (sql: unknown, values?: unknown) => this.#takeFromUser(scope, how, sql, values),
    })
    return Object.create(this.#connection, {
      query: guarded('query'),
      execute: guarded('execute'),
      ...Object.fromEntries(endings.map(name => [name, { value: () => Promise.reject(endsTransaction(name)) }])),
    })
  }

  /** One of our own questions. */
  send({ text, places }: Query, values: readonly Value[]): Promise<Result> {
    const given = places.map(place => values[place])
    return quiet(this.#run(() => this.#say('execute', text, given)).then(resultOf))
  }

  /** For what has no values and is not worth preparing. */
  tell(text: string): Promise<void> {
    return quiet(this.#run(() => this.#say('query', text)).then(() => {}))
  }

  /** Resolves when every statement was answered. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** Ends the transaction, whatever has failed in it before. */
  async end(how: 'commit' | 'rollback'): Promise<void> {
    await this.settled()
    if (this.#isLost) throw this.failed?.error
    // To return to the automatic commits with which the connection came commits what is open: one round trip for both.
    if (how === 'rollback') await this.#say('query', 'rollback')
    await this.#say('query', ending)
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
    return this.#ended ?? this.#scopes.failed
  }

  /** Nothing further is taken from the user. */
  close(): void {
    this.#isOpen = false
  }

  /** Gives the connection back, and drops it if nobody else should find it in the state in which it is. */
  release(isClean: boolean): void {
    if (isClean && !this.#isLost) this.#connection.release()
    else this.#connection.destroy()
  }

  #takeFromUser(scope: Scope, how: 'query' | 'execute', sql: unknown, values: unknown): Promise<unknown> {
    if (!this.#isOpen || !this.#scopes.has(scope)) {
      throw new MakegoodError(
        'TRANSACTION_CLOSED',
        'A statement came after its handler had answered, or its transaction had ended: await every statement before.',
      )
    }
    const ending = endingIn(sql)
    if (ending !== undefined) throw endsTransaction(ending)
    return quiet(
      this.#run(() => (values === undefined ? this.#connection[how](sql) : this.#connection[how](sql, values))),
    )
  }

  #run<Answer>(say: () => Promise<Answer>): Promise<Answer> {
    const scope = this.#scopes.innermost
    const answer = this.#last.then(async () => {
      if (this.failed) throw this.failed.error
      try {
        return await say()
      } catch (error) {
        this.#note(scope, error)
        throw error
      }
    })
    this.#last = answer.catch(() => {})
    return answer
  }

  #say(how: 'query' | 'execute', sql: string, values: readonly unknown[] = []): Promise<[unknown, unknown]> {
    return this.#connection[how]({ ...plainly, sql, values, timeout: this.#answerMsMax })
  }

  #note(scope: Scope, error: unknown): void {
    const meaning = classify(error)
    if (meaning !== 'other') this.#ended ??= { error }
    if (meaning === 'unavailable') this.#isLost = true
    this.#scopes.fail(scope, error)
  }
}

/** In MySQL the limit for a transaction that rests is the one for connections that lie idle in the pool as well. */
const ending = 'set autocommit = 1 /*!80000 , @@session.wait_timeout = default */'

/** Whatever the pool is set to, what we ask is answered in one way. Of the pool's own `typeCast` only another rids it. */
const plainly = {
  rowsAsArray: false,
  nestTables: false,
  namedPlaceholders: false,
  typeCast: (_field: unknown, next: () => unknown) => next(),
}

export function resultOf(answer: readonly unknown[]): Result {
  const [result] = answer
  if (Array.isArray(result)) return { rows: result as readonly Row[], affectedRows: 0 }
  return { rows: [], affectedRows: Number((result as { affectedRows?: unknown }).affectedRows ?? 0) }
}

/** What a connection can do that a transaction which is not its own must not have done to it. */
const endings = ['beginTransaction', 'commit', 'rollback', 'changeUser', 'reset', 'end', 'release', 'destroy'] as const

/** MySQL commits before it changes a table, without asking; and half a handled message must not be committed. */
function endingIn(sql: unknown): string | undefined {
  const text = typeof sql === 'string' ? sql : (sql as { readonly sql?: unknown } | undefined)?.sql
  return typeof text === 'string' ? endingStatements.exec(text)?.[1] : undefined
}

const endingStatements =
  /^(?:\s|--[^\n]*\n|#[^\n]*\n|\/\*[^!][\s\S]*?\*\/)*(begin|start\s+transaction|commit|rollback(?!\s+(?:work\s+)?to\b)|xa|create(?!\s+temporary)|alter|drop(?!\s+temporary)|truncate|rename|lock\s+tables?|unlock\s+tables|grant|revoke|analyze\s+table|optimize|repair|flush|set\s+(?:@@)?(?:session[\s.]+)?autocommit)\b/i

function endsTransaction(what: string): MakegoodError {
  return new MakegoodError(
    'STATEMENT_REFUSED',
    `${what} would end the transaction that makegood holds, and commit or lose half of it: leave it to makegood, and change tables elsewhere.`,
  )
}
