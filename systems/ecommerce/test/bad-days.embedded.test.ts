import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { sagaReaderAt } from '../orders/saga-reader.ts'
import { services } from '../wire.ts'
import { type EmbeddedShop, embeddedShop } from './embedded-shop.ts'
import { orderOf, Shop } from './shop.ts'

let running: EmbeddedShop
let shop: Shop
beforeAll(async () => {
  running = await embeddedShop()
  shop = new Shop(running)
})
afterAll(() => running?.stop())

const mouse = orderOf({ product: 2, quantity: 1, price: 49.99 })

test('an operator has a finished order made good: shipment, stock, money, and the order is cancelled', async () => {
  await running.turn({})
  const before = await shop.product(2)
  const order = await shop.ended(await shop.place(mouse))
  expect(order.status).toBe('completed')

  const orchestrator = running.system.service(services.orchestrator)
  await orchestrator.request(order.saga_id, {
    action: { kind: 'compensate' },
    by: 'ada',
    reason: 'The customer sent it back',
  })

  await eventually(async () =>
    expect(await shop.order(order.id)).toMatchObject({
      status: 'cancelled',
      failure_reason: 'The customer sent it back',
    }),
  )
  expect(await shop.shipment(order.id)).toMatchObject({ status: 'cancelled' })
  expect(await shop.payment(order.id)).toMatchObject({ status: 'refunded', refunded_amount: 49.99 })
  expect(await shop.netCharge(order.id)).toBe(0)
  expect(await shop.product(2)).toEqual(before)
  expect(await shop.saga(order.id)).toMatchObject({
    status: 'compensated',
    failure: { step: 'operator', reason: 'The customer sent it back' },
    compensations: [{ name: 'shipping' }, { name: 'inventory' }, { name: 'payment' }],
  })
})

test('a refund that is refused is asked for again until it is granted, and the money goes back once', async () => {
  await running.turn({ shippingFailureRate: 1, refundFailureRate: 1 })
  const placed = await shop.place(mouse)
  await eventually(async () => {
    expect(await shop.saga(placed.id)).toMatchObject({
      status: 'compensating',
      compensations: { 1: { failure: { code: 'REFUND_NOT_ALLOWED' } } },
    })
  })
  expect((await shop.order(placed.id)).status).toBe('processing')

  await running.turn({})
  expect(await shop.ended(placed)).toMatchObject({ status: 'cancelled' })
  const refunds = (await shop.requests(services.payments, placed.id)).filter(({ kind }) => kind === 'refund')
  expect(refunds.filter(({ outcome }) => outcome === 'done')).toHaveLength(1)
  expect(refunds.filter(({ outcome }) => outcome === 'refused').length).toBeGreaterThan(0)
})

test('all services stop in the middle of orders and start again: every order ends, and costs what it should', async () => {
  await running.turn({ delayScale: 0.3, shippingFailureRate: 0.3 })
  const before = await shop.product(2)
  const placed = await Promise.all(Array.from({ length: 6 }, () => shop.place(mouse)))
  await running.restart()

  await running.turn({})
  const ended = await Promise.all(placed.map(order => shop.ended(order)))
  const completed = ended.filter(({ status }) => status === 'completed').length
  expect((await shop.product(2)).reserved_stock).toBe(before.reserved_stock + completed)
  for (const { id, status } of ended) expect(await shop.netCharge(id)).toBe(status === 'completed' ? 49.99 : 0)
})

describe('a database that cannot answer', () => {
  test('is a 500 in the envelope, and never "not found"', async () => {
    const payments = running.system.service(services.payments)
    await payments.transaction(({ db }) => db.query('alter table payments rename to payments_away'))
    const { status, body } = await shop.call('GET', services.payments, `/api/v1/orders/${crypto.randomUUID()}/payment`)
    await payments.transaction(({ db }) => db.query('alter table payments_away rename to payments'))
    expect({ status, ...body }).toMatchObject({
      status: 500,
      success: false,
      message: 'Payment retrieval failed',
      error: { code: 'INTERNAL_SERVER_ERROR' },
    })
  })
})

test('an orchestrator that is away is a 503 for whoever asks for a saga, and for nobody else', async () => {
  const order = await shop.ended(await shop.place(mouse))
  const readSaga = sagaReaderAt('http://127.0.0.1:9')
  await expect(readSaga(order, 'some-request')).rejects.toMatchObject({
    statusCode: 503,
    message: 'The saga orchestrator does not answer at present',
  })
})
