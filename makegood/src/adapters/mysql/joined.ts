import type {
  DrizzleTransaction,
  KyselyTransaction,
  MysqlClient,
  OpenTransaction,
} from '../../definition/transaction.ts'
import { MakegoodError } from '../../model/errors.ts'
import type { StoreTransaction } from '../../ports/store.ts'
import type { Row } from '../stored-rows.ts'
import type { Result, Send, Value } from './client.ts'
import type { Query } from './queries.ts'
import { resultOf } from './session.ts'
import { Statements } from './statements.ts'

/** Takes part in a transaction that the user opened, by whatever the user opened it with. */
export function joined<Open extends OpenTransaction>(service: string, open: Open): StoreTransaction<Open> {
  const carry = carrierOf(open)
  let last: Promise<unknown> = Promise.resolve()
  const inOrder: Send = ({ text, places }: Query, values: readonly Value[]) => {
    const given = places.map(place => values[place])
    const answer = last.then(() => carry(text, given))
    last = answer.catch(() => {})
    return answer
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

type Carry = (text: string, values: readonly unknown[]) => Promise<Result>

function carrierOf(open: OpenTransaction): Carry {
  if ('isTransaction' in open && open.isTransaction) return (text, values) => sendByKysely(open, text, values)
  if ('_' in open && typeof open._?.session?.prepareQuery === 'function') {
    return (text, values) => sendByDrizzle(open, text, values)
  }
  if ('execute' in open && typeof open.execute === 'function' && !('getConnection' in open)) {
    return (text, values) => sendByConnection(open, text, values)
  }
  throw new MakegoodError(
    'OPTION_INVALID',
    'This is no open transaction: hand in the connection of mysql2/promise, or the Kysely or Drizzle transaction, that has begun one.',
  )
}

async function sendByConnection(connection: MysqlClient, text: string, values: readonly unknown[]): Promise<Result> {
  return resultOf(await connection.execute(text, values))
}

async function sendByKysely(open: KyselyTransaction, text: string, values: readonly unknown[]): Promise<Result> {
  const compiled = {
    query: { kind: 'RawNode', sqlFragments: [text], parameters: [] },
    queryId: { queryId: 'makegood' },
    sql: text,
    parameters: values,
  }
  const result: { readonly rows: unknown[]; readonly numAffectedRows?: bigint } = await open.executeQuery(
    compiled as never,
  )
  return { rows: result.rows as readonly Row[], affectedRows: Number(result.numAffectedRows ?? 0) }
}

async function sendByDrizzle(open: DrizzleTransaction, text: string, values: readonly unknown[]): Promise<Result> {
  const query = { sql: text, params: values }
  const answer = await open._.session.prepareQuery(query as never, undefined, undefined, false).execute()
  return resultOf(answer as readonly unknown[])
}
