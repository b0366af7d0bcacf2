import type { PgClient } from 'makegood'
import { type AdminTable, Refusal } from '../admin/table.ts'
import { toCents } from '../amount.ts'
import { pay } from './payments.ts'

/** The table of the service, as its admin site shows it. What is paid here is decided and told as ever, and final. */
export function paymentTables(limitCents: () => bigint): readonly AdminTable[] {
  return [
    {
      table: 'core_payment',
      name: 'payments',
      title: 'Payments',
      about: 'Which orders were paid, and which were denied.',
      list: ['payment_id', 'order_id', 'customer_id', 'amount', 'status', 'created'],
      search: ['payment_id', 'order_id', 'customer_id'],
      filter: ['status', 'created'],
      sort: '-created',
      adding: ['order_id', 'customer_id', 'amount'],
      add: async (tx, { order_id, customer_id, amount }) => {
        if (!/^[1-9]\d{0,8}$/.test(order_id!)) throw new Refusal('This must be the number of an order.', 'order_id')
        if (!toCents(amount!)) throw new Refusal('This must be an amount, with at most two decimals.', 'amount')
        if ((await keyOf(tx.db, order_id!)) !== undefined)
          throw new Refusal('This order has a payment already.', 'order_id')
        await pay(tx, { order_id: Number(order_id), customer_id: customer_id!, amount: amount! }, limitCents())
        return (await keyOf(tx.db, order_id!))!
      },
      change: false,
    },
  ]
}

async function keyOf(db: PgClient, orderId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ key: string }>(paymentOf, [orderId])
  return rows[0]?.key
}

const paymentOf = 'select payment_id::text as key from core_payment where order_id = $1'
