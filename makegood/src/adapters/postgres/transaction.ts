import type { PgClient } from '../../definition/transaction.ts'
import type { Savepoint, StoreTransaction } from '../../ports/store.ts'
import type { Session } from './session.ts'
import { Statements } from './statements.ts'

export interface TransactionParts<Db> {
  readonly service: string
  readonly take: () => Promise<Session>
  readonly db: (client: PgClient) => Db
  readonly begin: string
}

/** Begins, lets `work` do its work, and commits: the frame of the one transaction that every message goes through. */
export async function withTransaction<Db, Result>(
  { service, take, db, begin }: TransactionParts<Db>,
  work: (tx: StoreTransaction<Db>, session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await take()
  try {
    session.tell(begin)
    const result = await work(new Transaction(service, session, db), session)
    session.close()
    await commit(session)
    session.release()
    return result
  } catch (error) {
    session.close()
    await session.tell('rollback').then(
      () => session.release(),
      // Whatever state it is in, nobody else should find it so.
      lost => session.release(lost),
    )
    throw error
  }
}

/** The server answers ROLLBACK, and no error, to a commit of what had failed before. */
async function commit(session: Session): Promise<void> {
  const tag = await session.tell('commit')
  if (session.failed) throw session.failed.error
  if (tag !== 'COMMIT') throw new Error(`PostgreSQL did not commit the transaction: it answered ${tag}`)
}

class Transaction<Db> extends Statements implements StoreTransaction<Db> {
  readonly db: Db
  readonly #session: Session
  readonly #bind: (client: PgClient) => Db
  #hasReleased = false

  constructor(service: string, session: Session, bind: (client: PgClient) => Db) {
    super(service, statement => session.send(statement))
    this.#session = session
    this.#bind = bind
    this.db = bind(session.client)
  }

  /**
   * One name is enough: a later savepoint of the same name hides the earlier until it is gone. A release is said
   * together with the next savepoint, and the last one not at all: the commit does the same.
   */
  savepoint(): Savepoint<Db> {
    const session = this.#session
    session.tell(this.#hasReleased ? 'release savepoint s; savepoint s' : 'savepoint s')
    this.#hasReleased = false
    const scope = session.enter()
    return {
      db: this.#bind(session.clientIn(scope)),
      get failed() {
        return scope.failed
      },
      release: () => {
        session.leave(scope)
        this.#hasReleased = true
      },
      rollback: async () => {
        session.undo(scope)
        await session.tell('rollback to savepoint s; release savepoint s')
      },
    }
  }
}
