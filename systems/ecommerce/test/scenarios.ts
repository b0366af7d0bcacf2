import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { twoLaptops } from '../system.ts'
import { services } from '../wire.ts'
import { orderOf, productId, type RunningShop, Shop } from './shop.ts'

/** Every scenario of the documentation, on a shop that runs somehow. */
export function scenarios(start: () => Promise<RunningShop>, startMs: number): void {
  let shop: Shop
  beforeAll(async () => {
    shop = new Shop(await start())
  }, startMs)
  afterAll(() => shop?.running.stop(), startMs)

  test('T003-11: the five services and the orchestrator say that they are healthy', async () => {
    for (const [service, name] of [
      [services.orders, 'Order'],
      [services.payments, 'Payment'],
      [services.inventory, 'Inventory'],
      [services.shipping, 'Shipping'],
      [services.notifications, 'Notification'],
      [services.orchestrator, 'Orchestrator'],
    ] as const) {
      const { status, body } = await shop.call('GET', service, '/api/v1/health')
      expect(status).toBe(200)
      expect(body).toMatchObject({
        success: true,
        message: `${name} service is healthy`,
        data: { service, status: 'healthy' },
      })
    }
  })

  describe('an order that nothing stands in the way of (T003-1)', () => {
    test('is charged, reserved, shipped and told of, and completed', async () => {
      await shop.running.turn({})
      const before = await shop.product(1)

      const placed = await shop.place(twoLaptops)
      expect(placed).toMatchObject({ ...twoLaptops, status: 'processing', total_amount: 2599.98 })

      expect(await shop.ended(placed)).toMatchObject({ id: placed.id, status: 'completed', saga_id: placed.saga_id })
      expect(await shop.payment(placed.id)).toMatchObject({
        status: 'completed',
        amount: 2599.98,
        refunded_amount: 0,
        payment_method: 'credit_card',
        saga_id: placed.saga_id,
        transaction_id: expect.stringMatching(/^TXN_/),
      })
      expect(await shop.product(1)).toMatchObject({ stock: 50, reserved_stock: before.reserved_stock + 2 })
      expect(await shop.shipment(placed.id)).toMatchObject({
        status: 'preparing',
        address: twoLaptops.shipping_address,
        tracking_id: expect.stringMatching(/^TRK_/),
      })
      expect(await shop.read(services.notifications, `/api/v1/orders/${placed.id}/notification`)).toMatchObject({
        status: 'sent',
        type: 'email',
        recipient: 'customer@example.com',
      })
      expect(await shop.saga(placed.id)).toMatchObject({
        saga_id: placed.saga_id,
        status: 'completed',
        steps: [
          { name: 'payment', command: 'payment.process', outcome: 'succeeded' },
          { name: 'inventory', command: 'inventory.reserve', outcome: 'succeeded' },
          { name: 'shipping', command: 'shipping.create', outcome: 'succeeded' },
          { name: 'notification', command: 'notification.send', outcome: 'succeeded' },
        ],
        compensations: [],
      })
      for (const service of [services.payments, services.shipping, services.notifications]) {
        expect(await shop.requests(service, placed.id)).toHaveLength(1)
      }
    })

    test('may have several items, even two of one product', async () => {
      await shop.running.turn({})
      const before = [await shop.product(2), await shop.product(3)]
      const placed = await shop.place(
        orderOf(
          { product: 2, quantity: 1, price: 49.99 },
          { product: 3, quantity: 2, price: 79.99 },
          { product: 2, quantity: 3, price: 49.99 },
        ),
      )
      expect(placed.total_amount).toBe(359.94)
      expect(await shop.ended(placed)).toMatchObject({ status: 'completed' })
      expect((await shop.product(2)).reserved_stock).toBe(before[0]!.reserved_stock + 4)
      expect((await shop.product(3)).reserved_stock).toBe(before[1]!.reserved_stock + 2)
    })
  })

  describe('an order whose payment is refused (T003-2)', () => {
    test('is cancelled with the reason, and nothing else is asked for', async () => {
      await shop.running.turn({ paymentFailureRate: 1 })
      const before = await shop.product(1)
      const placed = await shop.place()
      expect(await shop.ended(placed)).toMatchObject({ status: 'cancelled', failure_reason: 'Insufficient funds' })
      expect(await shop.payment(placed.id)).toMatchObject({ status: 'failed', failure_reason: 'Insufficient funds' })
      expect(await shop.product(1)).toEqual(before)
      expect(await shop.call('GET', services.shipping, `/api/v1/orders/${placed.id}/shipment`)).toMatchObject({
        status: 404,
        body: { success: false, message: 'Shipment not found', error: { code: 'NOT_FOUND' } },
      })
      expect(await shop.saga(placed.id)).toMatchObject({
        status: 'compensated',
        failure: { step: 'payment', reason: 'Insufficient funds' },
        steps: [{ name: 'payment', outcome: 'failed' }],
        compensations: [],
      })
      expect(await shop.netCharge(placed.id)).toBe(0)
    })

    test('at some rate ends one way or the other, and a cancelled one has cost nothing', async () => {
      await shop.running.turn({
        paymentFailureRate: 0.4,
        shippingFailureRate: 0.3,
        refundFailureRate: 0.3,
        notificationFailureRate: 0.3,
      })
      const before = await shop.product(2)
      const placed = await Promise.all(
        Array.from({ length: 20 }, () => shop.place(orderOf({ product: 2, quantity: 1, price: 49.99 }))),
      )
      const ended = await Promise.all(placed.map(order => shop.ended(order)))
      const completed = ended.filter(({ status }) => status === 'completed')
      for (const { id, status } of ended) expect(await shop.netCharge(id)).toBe(status === 'completed' ? 49.99 : 0)
      expect((await shop.product(2)).reserved_stock).toBe(before.reserved_stock + completed.length)
    })
  })

  describe('an order of more than there is (T003-3)', () => {
    test('is charged, refunded in full and cancelled; the stock is untouched', async () => {
      await shop.running.turn({})
      const before = await shop.product(1)
      const placed = await shop.place(orderOf({ product: 1, quantity: 1000, price: 1299.99 }))
      expect(placed.total_amount).toBe(1299990)
      expect(await shop.ended(placed)).toMatchObject({ status: 'cancelled', failure_reason: 'Insufficient stock' })
      expect(await shop.payment(placed.id)).toMatchObject({
        status: 'refunded',
        amount: 1299990,
        refunded_amount: 1299990,
        refund_reference: expect.stringMatching(/^RREF_/),
      })
      expect(await shop.product(1)).toEqual(before)
      expect(await shop.saga(placed.id)).toMatchObject({
        status: 'compensated',
        steps: [
          { name: 'payment', outcome: 'succeeded' },
          { name: 'inventory', outcome: 'failed' },
        ],
        compensations: [{ name: 'payment', command: 'payment.refund', outcome: 'succeeded' }],
      })
      expect(await shop.requests(services.payments, placed.id)).toMatchObject([
        { kind: 'charge', outcome: 'done', amount: 1299990 },
        { kind: 'refund', outcome: 'done', amount: 1299990 },
      ])
    })

    test('reserves none of its items if one is short', async () => {
      await shop.running.turn({})
      const before = [await shop.product(2), await shop.product(5)]
      const placed = await shop.place(
        orderOf({ product: 2, quantity: 1, price: 49.99 }, { product: 5, quantity: 26, price: 299.99 }),
      )
      expect(await shop.ended(placed)).toMatchObject({ status: 'cancelled', failure_reason: 'Insufficient stock' })
      expect([await shop.product(2), await shop.product(5)]).toEqual(before)
    })

    test("at a price that is not the catalogue's, or of a product that is not in it, says so", async () => {
      await shop.running.turn({})
      const dear = await shop.place(orderOf({ product: 1, quantity: 1, price: 1299.98 }))
      expect(await shop.ended(dear)).toMatchObject({ status: 'cancelled', failure_reason: 'Price mismatch' })
      const unknown = await shop.place(orderOf({ product: 9, quantity: 1, price: 1 }))
      expect(await shop.ended(unknown)).toMatchObject({ status: 'cancelled', failure_reason: 'Product not found' })
      for (const { id } of [dear, unknown]) expect(await shop.netCharge(id)).toBe(0)
    })

    test('never sells more than there is, however many ask at once', async () => {
      await shop.running.turn({})
      const before = await shop.product(4)
      const free = before.stock - before.reserved_stock
      const order = orderOf({ product: 4, quantity: 3, price: 159.99 })
      const placed = await Promise.all(Array.from({ length: 14 }, () => shop.place(order)))
      const ended = await Promise.all(placed.map(order => shop.ended(order)))
      expect(ended.filter(({ status }) => status === 'completed')).toHaveLength(Math.floor(free / 3))
      expect((await shop.product(4)).reserved_stock).toBe(before.reserved_stock + Math.floor(free / 3) * 3)
    })
  })

  test('an order that cannot be shipped gives back the stock and the money (T003-4)', async () => {
    await shop.running.turn({ shippingFailureRate: 1 })
    const before = await shop.product(1)
    const placed = await shop.place()
    expect(await shop.ended(placed)).toMatchObject({
      status: 'cancelled',
      failure_reason: 'Shipping provider unavailable',
    })
    expect(await shop.payment(placed.id)).toMatchObject({ status: 'refunded', refunded_amount: 2599.98 })
    expect(await shop.product(1)).toEqual(before)
    expect(await shop.saga(placed.id)).toMatchObject({
      status: 'compensated',
      compensations: [
        { name: 'inventory', command: 'inventory.release', outcome: 'succeeded' },
        { name: 'payment', command: 'payment.refund', outcome: 'succeeded' },
      ],
    })
  })

  test('an order whose customer cannot be told is completed all the same (T003-5)', async () => {
    await shop.running.turn({ notificationFailureRate: 1 })
    const placed = await shop.place(orderOf({ product: 3, quantity: 1, price: 79.99 }))
    expect(await shop.ended(placed)).toMatchObject({ status: 'completed' })
    expect(await shop.read(services.notifications, `/api/v1/orders/${placed.id}/notification`)).toMatchObject({
      status: 'failed',
      failure_reason: 'Notification provider unavailable',
    })
    expect(await shop.saga(placed.id)).toMatchObject({ status: 'completed', steps: { 3: { outcome: 'failed' } } })
  })

  describe('a POST with an Idempotency-Key', () => {
    test('comes again as the same order, and is charged once', async () => {
      await shop.running.turn({})
      const key = { 'Idempotency-Key': crypto.randomUUID() }
      const order = orderOf({ product: 2, quantity: 1, price: 49.99 })
      const placed = await Promise.all([1, 2, 3, 4].map(() => shop.place(order, key)))
      expect(new Set(placed.map(({ id }) => id)).size).toBe(1)
      await shop.ended(placed[0]!)
      expect(await shop.place(order, key)).toMatchObject({ id: placed[0]!.id, status: 'completed' })
      expect(await shop.requests(services.payments, placed[0]!.id)).toHaveLength(1)
    })

    test('and another body is refused', async () => {
      await shop.running.turn({})
      const key = { 'Idempotency-Key': crypto.randomUUID() }
      const placed = await shop.place(orderOf({ product: 2, quantity: 1, price: 49.99 }), key)
      expect(await shop.call('POST', services.orders, '/api/v1/orders', twoLaptops, key)).toMatchObject({
        status: 409,
        body: { success: false, error: { code: 'CONFLICT', details: { order_id: placed.id } } },
      })
    })
  })

  test("a customer's orders come in pages, newest first", async () => {
    await shop.running.turn({})
    const customer_id = crypto.randomUUID()
    const order = { ...orderOf({ product: 3, quantity: 1, price: 79.99 }), customer_id }
    const ids: string[] = []
    for (let count = 0; count < 3; count += 1) ids.unshift((await shop.place(order)).id)
    const page = (query: string) =>
      shop.read<{ orders: { id: string }[]; pagination: object }>(
        services.orders,
        `/api/v1/customers/${customer_id}/orders${query}`,
      )

    const all = await page('')
    expect(all.orders.map(({ id }) => id)).toEqual(ids)
    expect(all.pagination).toEqual({ page: 1, limit: 10, total: 3, has_more: false })
    const second = await page('?page=2&limit=2')
    expect(second.orders.map(({ id }) => id)).toEqual(ids.slice(2))
    expect(second.pagination).toEqual({ page: 2, limit: 2, total: 3, has_more: false })
    expect((await page('?page=1&limit=2')).pagination).toMatchObject({ has_more: true })
    expect((await page('?page=-1&limit=many')).pagination).toMatchObject({ page: 1, limit: 10 })
    await Promise.all(ids.map(id => shop.ended({ id } as never)))
  })

  test('the saga of an order can be watched from the moment it is placed', async () => {
    await shop.running.turn({})
    const placed = await shop.place(orderOf({ product: 3, quantity: 1, price: 79.99 }))
    expect((await shop.saga(placed.id)).status).toMatch(/started|in_progress|completed/)
    await eventually(async () => expect(await shop.saga(placed.id)).toMatchObject({ status: 'completed' }))
    expect(await shop.ended(placed)).toMatchObject({ status: 'completed', items: [{ product_id: productId(3) }] })
  })
}
