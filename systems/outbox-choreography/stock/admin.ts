import type { PgClient } from 'makegood'
import { type AdminTable, Refusal } from '../admin/table.ts'
import { giveBack, nextStatuses, type ReservationStatus, reserve } from './reservations.ts'

/** The tables of the service, as its admin site shows them. What is done to a reservation here is told as ever. */
export const stockTables: readonly AdminTable[] = [
  {
    table: 'core_stock',
    name: 'stocks',
    title: 'Stocks',
    about: 'How much there is of each product that is not reserved.',
    list: ['id', 'product_id', 'quantity'],
    search: ['product_id'],
  },
  {
    table: 'core_reservation',
    name: 'reservations',
    title: 'Reservations',
    about: 'What is set aside for an order, or could not be.',
    list: ['id', 'order_id', 'product_id', 'quantity', 'status'],
    search: ['order_id', 'product_id'],
    filter: ['status'],
    sort: '-id',
    adding: ['order_id', 'product_id', 'quantity'],
    changing: ['status'],
    choices: { status: row => (row === undefined ? [] : nextStatuses[row['status'] as ReservationStatus]) },
    add: async (tx, { order_id, product_id, quantity }) => {
      if (!/^[1-9]\d{0,8}$/.test(order_id!)) throw new Refusal('This must be the number of an order.', 'order_id')
      if ((await keyOf(tx.db, order_id!)) !== undefined)
        throw new Refusal('There is a reservation for this order already.', 'order_id')
      await reserve(tx, { order_id: Number(order_id), product_id: product_id!, quantity: Number(quantity) })
      return (await keyOf(tx.db, order_id!))!
    },
    change: async (tx, row) => {
      // There is one way on, and this is it.
      await giveBack(tx, Number(row['order_id']))
    },
    remove: async (tx, row) => {
      if (row['status'] === 'reserved')
        throw new Refusal('What it reserves would be lost: give it back first, by the status payment_denied.')
      await tx.db.query('delete from core_reservation where id = $1', [row['id']])
    },
  },
]

async function keyOf(db: PgClient, orderId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ key: string }>(reservationOf, [orderId])
  return rows[0]?.key
}

const reservationOf = 'select id::text as key from core_reservation where order_id = $1'
