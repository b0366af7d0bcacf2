import type { MysqlClient } from '../../definition/transaction.ts'
import type { Savepoint, StoreTransaction } from '../../ports/store.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { Statements } from './statements.ts'

export interface TransactionParts<Db> {
  readonly service: string
  readonly sessions: Sessions
  readonly db: (client: MysqlClient) => Db
}

/** Begins, lets `work` do its work, and commits: the frame of the one transaction that every message goes through. */
export async function withTransaction<Db, Result>(
  { service, sessions, db }: TransactionParts<Db>,
  work: (tx: StoreTransaction<Db>, session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await sessions.take()
  try {
    session.tell(sessions.begin)
    const result = await work(new Transaction(service, session, db), session)
    session.close()
    await commit(session)
    session.release(true)
    return result
  } catch (error) {
    session.close()
    await session.end('rollback').then(
      () => session.release(true),
      () => session.release(false),
    )
    throw error
  }
}

/** Every statement has been answered before it, and none that was not taken back has failed. */
async function commit(session: Session): Promise<void> {
  await session.settled()
  if (session.failed) throw session.failed.error
  await session.end('commit')
}

class Transaction<Db> extends Statements implements StoreTransaction<Db> {
  readonly db: Db
  readonly #session: Session
  readonly #bind: (client: MysqlClient) => Db
  #savepoints = 0

  constructor(service: string, session: Session, bind: (client: MysqlClient) => Db) {
    super(service, (query, values) => session.send(query, values))
    this.#session = session
    this.#bind = bind
    this.db = bind(session.client)
  }

  /**
   * Each has a name of its own: in MySQL a later one of the same name would delete the earlier. None is ever released:
   * that would be a round trip for what the commit does.
   */
  savepoint(): Savepoint<Db> {
    const session = this.#session
    this.#savepoints += 1
    const name = `s${this.#savepoints}`
    session.tell(`savepoint ${name}`)
    const scope = session.enter()
    return {
      db: this.#bind(session.clientIn(scope)),
      get failed() {
        return scope.failed
      },
      release: () => session.leave(scope),
      rollback: async () => {
        session.undo(scope)
        await session.tell(`rollback to savepoint ${name}`)
      },
    }
  }
}
