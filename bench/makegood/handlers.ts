import { handlersFor } from 'makegood'
import { charge, type Db, refund, release, reserve, ship } from '../shop/steps.ts'
import { chargePayment, refundPayment, releaseStock, reserveStock, shipOrder } from './messages.ts'

const { handle } = handlersFor<Db>()

const stockRow = { keys: ({ sku }: { readonly sku: number }) => [`sku ${sku}`] }
const accountRow = { keys: ({ account }: { readonly account: number }) => [`account ${account}`] }

export const stockHandlers = [
  handle(
    reserveStock,
    async (goods, { tx, succeed }) => {
      await reserve(tx.db, goods)
      return succeed()
    },
    stockRow,
  ),
  handle(
    releaseStock,
    async (goods, { tx, succeed }) => {
      await release(tx.db, goods)
      return succeed()
    },
    stockRow,
  ),
]

export const paymentHandlers = [
  handle(
    chargePayment,
    async (money, { tx, succeed }) => {
      await charge(tx.db, money)
      return succeed()
    },
    accountRow,
  ),
  handle(
    refundPayment,
    async (money, { tx, succeed }) => {
      await refund(tx.db, money)
      return succeed()
    },
    accountRow,
  ),
]

export const shippingHandlers = [
  handle(
    shipOrder,
    async (parcel, { tx, succeed, fail }) =>
      (await ship(tx.db, parcel)) ? succeed() : fail('NOT_SERVED', { region: parcel.region }),
    { keys: ({ orderId }) => [orderId] },
  ),
]
