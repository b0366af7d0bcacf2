import type { DrizzleTransaction, KyselyTransaction, OpenTransaction, PgClient } from '../../definition/transaction.ts'
import { MakegoodError } from '../../model/errors.ts'
import type { StoreTransaction } from '../../ports/store.ts'
import type { Row } from '../stored-rows.ts'
import type { Send, Statement } from './client.ts'
import { Statements } from './statements.ts'

/** Takes part in a transaction that the user opened, by whatever the user opened it with. */
export function joined<Open extends OpenTransaction>(service: string, open: Open): StoreTransaction<Open> {
  const send = carrierOf(open)
  let last: Promise<unknown> = Promise.resolve()
  // One after the other: it is not known what the user's client does with two statements at once.
  const inOrder: Send = statement => {
    const rows = last.then(() => send(statement))
    last = rows.catch(() => {})
    return rows
  }
  return new JoinedTransaction(service, open, inOrder)
}

class JoinedTransaction<Open> extends Statements implements StoreTransaction<Open> {
  readonly db: Open

  constructor(service: string, open: Open, send: Send) {
    super(service, send)
    this.db = open
  }

  savepoint(): never {
    throw new Error('A transaction that the user opened has no savepoints of ours.')
  }
}

function carrierOf(open: OpenTransaction): Send {
  if ('isTransaction' in open && open.isTransaction) return statement => sendByKysely(open, statement)
  if ('_' in open && '_' in open && typeof open._?.session?.prepareQuery === 'function') {
    return statement => sendByDrizzle(open, statement)
  }
  if ('query' in open && !('execute' in open) && typeof open.query === 'function')
    return statement => sendByClient(open, statement)
  throw new MakegoodError(
    'OPTION_INVALID',
    'This is no open transaction: hand in the node-postgres client, or the Kysely or Drizzle transaction, that has begun one.',
  )
}

async function sendByClient(client: PgClient, { text, values }: Statement): Promise<readonly Row[]> {
  return (await client.query<Row>(text, [...values])).rows
}

async function sendByKysely(transaction: KyselyTransaction, { text, values }: Statement): Promise<readonly Row[]> {
  const compiled = {
    query: { kind: 'RawNode', sqlFragments: [text], parameters: [] },
    queryId: { queryId: 'makegood' },
    sql: text,
    parameters: values,
  }
  return (await transaction.executeQuery(compiled as never)).rows as readonly Row[]
}

async function sendByDrizzle(transaction: DrizzleTransaction, { text, values }: Statement): Promise<readonly Row[]> {
  const query = { sql: text, params: values }
  const result = await transaction._.session.prepareQuery(query as never, undefined, undefined, false).execute()
  return Array.isArray(result) ? result : (result as { rows: readonly Row[] }).rows
}
