// What a handler must not do.
import { handlersFor } from '../../src/definition/participant.ts'
import type { PgClient } from '../../src/definition/transaction.ts'
import { holds, type Same } from './claims.ts'
import { chargePayment, checkout, orderCompleted, orderPlaced, releaseStock, reserveStock } from './shop.ts'

const { handle, callThenRecord, on } = handlersFor<PgClient>()
// @ts-expect-error "OUT_OF_STOCK" is none of the declared failures
handle(reserveStock, async (_payload, { fail }) => fail('OUT_OF_STOCK', { productId: '' }))
// @ts-expect-error property 'available' is missing in the details
handle(reserveStock, async (_payload, { fail }) => fail('INSUFFICIENT_STOCK', { productId: '' }))
// @ts-expect-error this command declares no failures
handle(releaseStock, async (_payload, { fail }) => fail('GONE'))
// @ts-expect-error a reply is due
handle(reserveStock, async (_payload, { succeed }) => succeed())
// @ts-expect-error a handler answers: `void` is not an `Answer`
handle(reserveStock, async () => {})
// @ts-expect-error an answer for another command
handle(reserveStock, async () => ({ reservationIds: [] }))

callThenRecord(chargePayment, {
  call: async ({ amountCents }) => ({ charged: amountCents }),
  record: async (result, { payload, succeed }) => {
    holds<Same<typeof result, { charged: number }>>()
    return succeed({ paymentId: payload.orderId, transactionId: '' })
  },
})
callThenRecord(chargePayment, {
  // @ts-expect-error no transaction where calls go outside
  call: async (_payload, { tx }) => tx,
  record: async (_result, { succeed }) => succeed({ paymentId: '', transactionId: '' }),
})

on(orderPlaced, async (order, { tx }) => {
  // @ts-expect-error property 'trackingId' is missing in the event's payload
  await tx.publish(orderCompleted, { orderId: order.orderId })
  // @ts-expect-error the saga's data
  await tx.start(checkout, { orderId: order.orderId }, { key: order.orderId })
  // @ts-expect-error a key makes the start idempotent
  await tx.start(checkout, order)
})
