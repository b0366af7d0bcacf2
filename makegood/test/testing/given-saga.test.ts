import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { command, event, saga } from '../../src/makegood.ts'
import { failed, givenSaga, succeeded } from '../../src/testing/index.ts'

const reserveStock = command('stock.reserve', {
  payload: z.object({ sku: z.string() }),
  reply: z.object({ reservationId: z.string() }),
  failures: { OUT_OF_STOCK: z.object({ left: z.int() }) },
})
const releaseStock = command('stock.release', { payload: z.object({ reservationId: z.string() }) })
const chargePayment = command('money.charge', {
  payload: z.object({ cents: z.int() }),
  reply: z.object({ paymentId: z.string() }),
  failures: { INSUFFICIENT_FUNDS: z.object({ balanceCents: z.int() }) },
})
const refundPayment = command('money.refund', { payload: z.object({ paymentId: z.string().optional() }) })
const shipParcel = command('parcels.ship', { payload: z.object({ paymentId: z.string() }) })
const orderShipped = event('shop.shipped', { payload: z.object({ paymentId: z.string() }) })
const orderCancelled = event('shop.cancelled', { payload: z.object({ because: z.string() }) })

const order = { sku: 'A', cents: 1_000 }
const checkout = saga('checkout', { version: 1, data: z.object({ sku: z.string(), cents: z.int() }) })
  .compensatable('stock', reserveStock, {
    payload: ({ sku }) => ({ sku }),
    compensation: { command: releaseStock, payload: (_order, { stock }) => stock },
  })
  .compensatable('payment', chargePayment, {
    payload: ({ cents }) => ({ cents }),
    compensation: {
      command: refundPayment,
      payload: (_order, { payment: { paymentId } }) => ({ paymentId }),
      inDoubt: () => ({}),
    },
  })
  .retriable('parcel', shipParcel, {
    payload: (_order, { payment: { paymentId } }) => ({ paymentId }),
    deadlineMs: 1_000,
  })
  .ends({
    completed: { event: orderShipped, payload: (_order, { payment: { paymentId } }) => ({ paymentId }) },
    compensated: { event: orderCancelled, payload: (_order, { code }) => ({ because: code }) },
  })

describe('a saga told as a story', () => {
  test('goes from step to step, with what the steps before replied', () => {
    givenSaga(checkout, order)
      .sends(reserveStock, { sku: 'A' })
      .whenItReplies(succeeded({ reservationId: 'r1' }))
      .sends(chargePayment, { cents: 1_000 })
      .whenItReplies(succeeded({ paymentId: 'p1' }))
      .sends(shipParcel, { paymentId: 'p1' })
      .whenItReplies(succeeded())
      .publishes(orderShipped, { paymentId: 'p1' })
      .endsAs('completed')
  })

  test('compensates what was done when a step is refused', () => {
    givenSaga(checkout, order)
      .sends(reserveStock)
      .whenItReplies(succeeded({ reservationId: 'r1' }))
      .sends(chargePayment)
      .whenItReplies(failed('INSUFFICIENT_FUNDS', { balanceCents: 5 }))
      .sends(releaseStock, { reservationId: 'r1' })
      .whenItReplies(succeeded())
      .publishes(orderCancelled, { because: 'INSUFFICIENT_FUNDS' })
      .endsAs('compensated')
  })

  test('compensates a silent step with what is known of it', () => {
    givenSaga(checkout, order)
      .sends(reserveStock)
      .whenItReplies(succeeded({ reservationId: 'r1' }))
      .sends(chargePayment)
      .whenItStaysSilent()
      .sends(refundPayment, {})
      .whenItReplies(succeeded())
      .sends(releaseStock)
      .whenItReplies(succeeded())
      .endsAs('compensated')
  })

  test('asks a silent step to close before it compensates it with its reply', () => {
    givenSaga(checkout, order)
      .sends(reserveStock)
      .whenItStaysSilent()
      .asksToClose(reserveStock)
      .whenItHadRun({ reservationId: 'r1' })
      .sends(releaseStock, { reservationId: 'r1' })
      .whenItReplies(succeeded())
      .endsAs('compensated')
  })

  test('has nothing to compensate once a silent step was closed in time', () => {
    givenSaga(checkout, order)
      .sends(reserveStock)
      .whenItStaysSilent()
      .asksToClose(reserveStock)
      .whenItHadNotRun()
      .endsAs('compensated')
  })

  test('asks a silent retriable step again, and calls a person in the end', () => {
    const shipping = givenSaga(checkout, order)
      .sends(reserveStock)
      .whenItReplies(succeeded({ reservationId: 'r1' }))
      .sends(chargePayment)
      .whenItReplies(succeeded({ paymentId: 'p1' }))
    for (let asked = 1; asked <= 9; asked += 1) shipping.sends(shipParcel, { paymentId: 'p1' }).whenItStaysSilent()
    shipping.endsStuck('SILENT')
  })

  test('lets an operator have it compensated', () => {
    givenSaga(checkout, order)
      .sends(reserveStock)
      .whenItReplies(succeeded({ reservationId: 'r1' }))
      .sends(chargePayment)
      .whenAskedTo({ kind: 'compensate' })
      .sends(refundPayment)
      .whenItReplies(succeeded())
      .sends(releaseStock)
      .whenItReplies(succeeded())
      .endsAs('compensated')
  })

  test('does nothing while time passes that it has', () => {
    givenSaga(checkout, order).sends(reserveStock).whenTimePasses(3_599_999).sendsNothing()
  })
})

describe('a story that is not true', () => {
  test('is told what was sent instead', () => {
    expect(() => givenSaga(checkout, order).sends(chargePayment)).toThrow(
      "The saga checkout was to send money.charge, but it sent stock.reserve { sku: 'A' }.",
    )
  })

  test('is told that nothing was sent, and where the saga is', () => {
    const stuck = givenSaga(checkout, order)
      .sends(reserveStock)
      .whenItReplies(failed('OUT_OF_STOCK', { left: 0 }))
    expect(() => stuck.sends(releaseStock)).toThrow(
      'The saga checkout was to send stock.release, but it sent nothing; it is compensated because of stock: OUT_OF_STOCK.',
    )
  })

  test('is told how the payload differs', () => {
    expect(() => givenSaga(checkout, order).sends(reserveStock, { sku: 'B' })).toThrow(
      "It is not the payload of stock.reserve: expected { sku: 'B' }, but it is { sku: 'A' }.",
    )
  })

  test('is told that the saga has not ended', () => {
    expect(() => givenSaga(checkout, order).sends(reserveStock).endsAs('completed')).toThrow(
      'The saga checkout was to end completed, but it sent nothing; it is running.',
    )
  })

  test('is told of commands that it left out', () => {
    expect(() => givenSaga(checkout, order).sendsNothing()).toThrow(
      "The saga checkout was to send nothing more, but it sent stock.reserve { sku: 'A' }.",
    )
  })

  test('is told of a reply that no participant could give', () => {
    const sent = givenSaga(checkout, order).sends(reserveStock)
    expect(() => sent.whenItReplies(succeeded({ reservationId: 7 as unknown as string }))).toThrow(
      /The answer to stock\.reserve does not match its schema: reservationId/,
    )
  })

  test('is told of data that the saga could not be started with', () => {
    expect(() => givenSaga(checkout, { sku: 'A', cents: 0.5 })).toThrow(
      /The data of the saga checkout does not match its schema: cents/,
    )
  })

  test('is told why an operator is refused', () => {
    const shipping = givenSaga(checkout, order)
      .sends(reserveStock)
      .whenItReplies(succeeded({ reservationId: 'r1' }))
      .sends(chargePayment)
      .whenItReplies(succeeded({ paymentId: 'p1' }))
    expect(() => shipping.whenAskedTo({ kind: 'compensate' })).toThrow(
      'The saga checkout cannot compensate: The saga has passed its pivot: it can only go forward.',
    )
  })
})
