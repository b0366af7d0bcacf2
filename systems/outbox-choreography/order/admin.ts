import { randomUUID } from 'node:crypto'
import { type AdminTable, Refusal, type Values } from '../admin/table.ts'
import type { OrderStatus } from '../messages.ts'
import { Refusal as RefusedRequest } from '../rest-server.ts'
import { readNewOrder } from './new-order.ts'
import { moveOrder, type NewOrder, nextStatuses, placeOrder } from './order-status.ts'

/** The tables of the service, as its admin site shows them. What is done to an order here is told as ever. */
export const orderTables: readonly AdminTable[] = [
  {
    table: 'core_order',
    name: 'orders',
    title: 'Orders',
    about: 'What was ordered, and how far it has come.',
    list: ['order_id', 'customer_id', 'product_id', 'quantity', 'amount', 'status', 'created'],
    search: ['order_id', 'customer_id', 'product_id'],
    filter: ['status', 'created'],
    sort: '-order_id',
    adding: ['customer_id', 'product_id', 'quantity', 'amount'],
    changing: ['status'],
    choices: { status: row => (row === undefined ? [] : nextStatuses[row['status'] as OrderStatus]) },
    add: async (tx, values) => String((await placeOrder(tx, newOrder(values), randomUUID())).order_id),
    change: async (tx, row, changed) => {
      await moveOrder(tx, Number(row['order_id']), changed['status'] as OrderStatus)
    },
    remove: async (tx, row) => {
      if (nextStatuses[row['status'] as OrderStatus].length > 0)
        throw new Refusal('The order is on its way, and the others would tell of an order that is not there.')
      await tx.db.query('delete from core_order where order_id = $1', [row['order_id']])
    },
  },
  {
    table: 'core_notification',
    name: 'notifications',
    title: 'Notifications',
    about: 'What customers were told.',
    list: ['id', 'order_id', 'customer_id', 'message', 'created'],
    search: ['order_id', 'customer_id', 'message'],
    filter: ['created'],
    sort: '-id',
    readOnly: true,
  },
]

/** By the rules of the API. */
function newOrder(values: Values): NewOrder {
  try {
    return readNewOrder(values)
  } catch (error) {
    if (!(error instanceof RefusedRequest)) throw error
    const [[field, [fault = ''] = []] = ['', []]] = Object.entries(error.answer as { [field: string]: string[] })
    throw new Refusal(fault, field)
  }
}
