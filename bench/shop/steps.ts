import type { Goods, Money, Parcel } from './order.ts'

/** A pool, where each statement is a transaction of its own, or a client inside a transaction. */
export interface Db {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>
}

// The business code of all set-ups: one statement a step, the same text for everybody; `in-mysql.ts` puts it into MySQL's
// dialect.

export async function reserve(db: Db, { sku, quantity }: Goods): Promise<void> {
  const { rows } = await db.query(
    'update stock set quantity = quantity - $2 where sku = $1 and quantity >= $2 returning sku',
    [sku, quantity],
  )
  if (rows.length === 0) throw new Error(`no stock left of ${sku}`)
}

export async function release(db: Db, { sku, quantity }: Goods): Promise<void> {
  await db.query('update stock set quantity = quantity + $2 where sku = $1 returning sku', [sku, quantity])
}

export async function charge(db: Db, { account, amountCents }: Money): Promise<void> {
  const { rows } = await db.query(
    'update accounts set balance_cents = balance_cents - $2 where account = $1 and balance_cents >= $2 returning account',
    [account, amountCents],
  )
  if (rows.length === 0) throw new Error(`no money left in account ${account}`)
}

export async function refund(db: Db, { account, amountCents }: Money): Promise<void> {
  await db.query('update accounts set balance_cents = balance_cents + $2 where account = $1 returning account', [
    account,
    amountCents,
  ])
}

/** Resolves with false if nobody ships there. */
export async function ship(db: Db, { orderId, quantity, amountCents, region }: Parcel): Promise<boolean> {
  const { rows } = await db.query(
    `insert into shipments (order_id, quantity, amount_cents)
     select $1, $2, $3 from regions where region = $4 and served
     returning order_id`,
    [orderId, quantity, amountCents, region],
  )
  return rows.length === 1
}
