// Every rule of a saga once, the way it must not be written. Each @ts-expect-error stands on the line that an editor underlines.

import type { Saga } from '../../src/definition/saga.ts'
import type { OperatorCause } from '../../src/definition/saga-chain.ts'
import { saga } from '../../src/definition/saga-chain.ts'
import type { Cause } from '../../src/model/failure.ts'
import { holds, type Same } from './claims.ts'
import {
  cancelShipment,
  chargePayment,
  type checkout,
  createShipment,
  Order,
  orderCancelled,
  orderCompleted,
  refundPayment,
  releaseStock,
  reserveStock,
  sendNotification,
} from './shop.ts'

const opened = saga('test', { version: 1, data: Order })
const charge = {
  payload: (order: Order) => ({ orderId: order.orderId, customerId: order.customerId, amountCents: order.totalCents }),
}
const reserve = {
  payload: (order: Order) => ({ orderId: order.orderId, items: order.items }),
  compensation: 'not needed',
} as const

holds<Same<typeof checkout, Saga<'checkout', Order, 'payment' | 'inventory' | 'shipping' | 'notification'>>>()

// ── the rules of a saga ───────────────────────────────────────────────────────────────────────────────────────────────
opened
  .pivot('payment', chargePayment, charge)
  // @ts-expect-error a compensatable step cannot come after the pivot; use retriable or bestEffort
  .compensatable('inventory', reserveStock, {
    payload: order => ({ orderId: order.orderId, items: order.items }),
    compensation: {
      command: releaseStock,
      payload: (_order, { inventory }) => ({ reservationIds: inventory.reservationIds, reason: '' }),
    },
  })

// @ts-expect-error … nor after a retriable step
opened.retriable('payment', chargePayment, charge).compensatable('inventory', reserveStock, reserve)

// @ts-expect-error a saga has one pivot; use retriable or bestEffort
opened.pivot('payment', chargePayment, charge).pivot('again', chargePayment, charge)

// @ts-expect-error this saga already has a step named payment
opened.bestEffort('payment', chargePayment, charge).pivot('payment', chargePayment, charge)

opened
  .bestEffort('payment', chargePayment, charge)
  // @ts-expect-error … in a parallel group too
  .parallel(group => group.bestEffort('payment', chargePayment, charge))

// @ts-expect-error property 'compensation' is missing
opened.compensatable('inventory', reserveStock, {
  payload: order => ({ orderId: order.orderId, items: order.items }),
})

// @ts-expect-error '"none"' is not assignable to '"not needed" | Compensation<…>'
opened.compensatable('inventory', reserveStock, { payload: reserve.payload, compensation: 'none' })

opened.compensatable('inventory', reserveStock, {
  payload: order => ({ orderId: order.orderId, items: order.items }),
  compensation: {
    command: releaseStock,
    // @ts-expect-error property 'reservationIds' is missing in the compensation's payload
    payload: (_order, { inventory }) => ({ reservations: inventory.reservationIds, reason: '' }),
  },
})

opened.compensatable('inventory', reserveStock, {
  payload: order => ({ orderId: order.orderId, items: order.items }),
  compensation: {
    command: releaseStock,
    // @ts-expect-error 'reservationId' does not exist. Did you mean 'reservationIds'?
    payload: (_order, { inventory }) => ({ reservationIds: inventory.reservationId, reason: '' }),
    // @ts-expect-error a step in doubt has no reply of its own
    inDoubt: (_order, { inventory }) => ({ reservationIds: inventory.reservationIds, reason: '' }),
  },
})

opened.compensatable('inventory', reserveStock, {
  // @ts-expect-error property 'items' is missing in the step's payload
  payload: order => ({ orderId: order.orderId }),
  compensation: 'not needed',
})

opened.bestEffort('notification', sendNotification, {
  // @ts-expect-error a step sees only what came before it
  payload: (order, { shipping }) => ({
    orderId: order.orderId,
    customerId: order.customerId,
    message: shipping.trackingId,
  }),
})

// ── replies ───────────────────────────────────────────────────────────────────────────────────────────────────────────
// A conditional step: its reply is possibly undefined later, and certain in its own compensation.
opened
  .compensatable('inventory', reserveStock, {
    when: order => order.totalCents > 1_000,
    payload: order => ({ orderId: order.orderId, items: order.items }),
    compensation: {
      command: releaseStock,
      payload: (_order, { inventory }) => ({ reservationIds: inventory.reservationIds, reason: '' }),
    },
  })
  .bestEffort('notification', sendNotification, {
    payload: (order, { inventory }) => {
      holds<Same<typeof inventory, { reservationIds: string[] } | undefined>>()
      return {
        orderId: order.orderId,
        customerId: order.customerId,
        message: `${inventory?.reservationIds.length ?? 0} reserved`,
      }
    },
  })
  .ends()

// A best-effort step may have failed.
opened
  .bestEffort('shipping', createShipment, {
    payload: order => ({
      orderId: order.orderId,
      customerId: order.customerId,
      address: order.shippingAddress,
      reservationIds: [],
    }),
  })
  .ends({
    completed: {
      event: orderCompleted,
      // @ts-expect-error 'shipping' is possibly 'undefined'
      payload: (order, { shipping }) => ({ orderId: order.orderId, trackingId: shipping.trackingId }),
    },
  })

// Parallel steps do not see each other; what follows sees both.
opened
  .parallel(together =>
    together.compensatable('inventory', reserveStock, reserve).compensatable('payment', chargePayment, {
      ...charge,
      compensation: {
        command: refundPayment,
        payload: (order, { payment }, cause) => ({ ...payment, amountCents: order.totalCents, reason: cause.code }),
      },
    }),
  )
  .pivot('shipping', createShipment, {
    payload: (order, { inventory, payment }) => {
      holds<Same<typeof payment, { paymentId: string; transactionId: string }>>()
      return {
        orderId: order.orderId,
        customerId: order.customerId,
        address: order.shippingAddress,
        reservationIds: inventory.reservationIds,
      }
    },
  })
  .parallel(together =>
    together
      .retriable('finish', cancelShipment, {
        payload: (_order, { shipping }) => ({ shipmentId: shipping.shipmentId, reason: '' }),
      })
      .bestEffort('notification', sendNotification, {
        payload: order => ({ orderId: order.orderId, customerId: order.customerId, message: '' }),
      }),
  )
  .ends()

opened.parallel(together =>
  together.compensatable('inventory', reserveStock, reserve).compensatable('shipping', createShipment, {
    // @ts-expect-error a parallel step does not see its neighbour
    payload: (order, { inventory }) => ({
      orderId: order.orderId,
      customerId: '',
      address: order.shippingAddress,
      reservationIds: inventory.reservationIds,
    }),
    compensation: 'not needed',
  }),
)

// @ts-expect-error a pivot decides alone
opened.parallel(together => together.pivot('payment', chargePayment, charge))

// ── the cause ─────────────────────────────────────────────────────────────────────────────────────────────────────────
opened
  .compensatable('inventory', reserveStock, reserve)
  .bestEffort('notification', sendNotification, {
    payload: order => ({ orderId: order.orderId, customerId: order.customerId, message: '' }),
  })
  .ends({
    compensated: {
      event: orderCancelled,
      payload: (order, cause) => {
        holds<Same<typeof cause.step, 'inventory' | 'operator'>>() // a best-effort step is never the cause
        if (cause.code === 'INSUFFICIENT_STOCK')
          holds<Same<typeof cause.details, { productId: string; available: number }>>()
        if (cause.step === 'operator') holds<Same<typeof cause, OperatorCause>>()
        // @ts-expect-error no overlap: no step here fails so
        if (cause.code === 'INSUFFICIENT_FUNDS') return { orderId: order.orderId, reason: '' }
        return { orderId: order.orderId, reason: (cause satisfies Cause).code }
      },
    },
  })

// @ts-expect-error data of the wrong shape from the event that starts
opened.startsOn(orderCompleted, { key: event => event.orderId, data: event => event })
