import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import type { Extent } from '../../runner/test/extent.ts'
import { operator } from '../../runner/test/operator.ts'
import { tracker } from '../../runner/tracker-service.ts'
import type { ToldOrder } from '../messages.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'
import { type RunningShop, Shop } from './shop.ts'

/** Every scenario of the documentation, and each of its traps, on a shop that runs somehow. */
export function scenarios(
  start: (services: readonly string[]) => Promise<RunningShop>,
  startMs: number,
  { outages = true }: Extent = {},
): void {
  let shop: Shop
  beforeAll(async () => {
    shop = new Shop(await start([services.order, tracker]))
  }, startMs)
  afterAll(() => shop?.running.stop(), startMs)

  test('an order that is placed before stock and payment have ever run waits for them', async () => {
    const placed = await shop.place({ product_id: '2' })
    expect(await shop.order(placed.order_id)).toMatchObject({ status: 'created' })
    await Promise.all([shop.running.start(services.stock), shop.running.start(services.payment)])
    expect(await shop.ended(placed)).toBe('payment_confirmed')
    expect(await shop.stockOf('2')).toBe(9)
  })

  describe('an order that nothing stands in the way of (T000-1)', () => {
    test('is reserved and paid, and the customer is told of it', async () => {
      expect(await shop.stockOf('1')).toBe(10)

      const placed = await shop.place({ customer_id: 1, product_id: 1, amount: 1 })
      expect(placed).toEqual({ ...documentedOrder, order_id: placed.order_id, status: 'created' })
      const { order_id } = placed

      expect(await shop.ended(placed)).toBe('payment_confirmed')
      expect(await shop.orders()).toContainEqual({ ...placed, status: 'payment_confirmed' })
      await shop.followed(placed, 'completed')
      expect(await shop.stockOf('1')).toBe(9)
      expect(await shop.reservationsOf(order_id)).toEqual([
        { id: expect.any(Number), order_id: String(order_id), product_id: '1', quantity: 1, status: 'reserved' },
      ])
      expect(await shop.paymentsOf(order_id)).toEqual([
        {
          payment_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          customer_id: '1',
          order_id: String(order_id),
          amount: '1',
          status: 'payment_confirmed',
          created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        },
      ])
      expect(await shop.notifications()).toContainEqual({
        order_id,
        customer_id: '1',
        message: `Your order ${order_id} is confirmed.`,
        created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      })
    })

    test('is told of in eight messages, as documented', async () => {
      const { order_id } = await shop.place({ amount: '12.50', quantity: 2 })
      await shop.ended({ order_id })
      const told = { customer_id: '1', product_id: '1', amount: '12.50', quantity: 2, order_id }
      const statuses = ['created', 'reserved', 'payment_confirmed']
      await eventually(() => {
        for (const routingKey of ['stock.v1', 'payment.v1']) {
          expect(shop.told(routingKey, order_id).map(({ body }) => body)).toEqual(
            statuses.map(status => ({ ...told, status })),
          )
        }
        expect(shop.told('order.v1', order_id).map(({ body }) => body)).toEqual([
          { order_id, status: 'reserved' },
          { order_id, status: 'payment_confirmed' },
        ])
      })
      const all = ['order.v1', 'stock.v1', 'payment.v1'].flatMap(key =>
        shop.told(key, order_id).map(told => ({ key, ...told })),
      )
      for (const { key, headers } of all) {
        expect(headers).toMatchObject({
          'dop-msg-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
          'dop-msg-destination': `/exchange/saga/${key}`,
          'dop-msg-type': 'Published',
          'dop-msg-sent-time': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        })
      }
      expect(new Set(all.map(({ headers }) => headers['dop-msg-id'])).size).toBe(8)
      expect(new Set(all.map(({ headers }) => headers['dop-correlation-id'])).size).toBe(1)
    })

    test('is followed by the tracker with all of its eight messages; none of them is left over', async () => {
      const placed = await shop.place({ product_id: '2' })
      await eventually(async () => {
        const { messages } = await shop.followed(placed, 'completed')
        expect(messages.map(({ state }) => state)).toEqual(Array(8).fill('handled'))
      })
    })
  })

  test('an order of more than there is ends not_reserved; stock and payment are untouched (T000-2)', async () => {
    const before = await shop.stockOf('1')
    const placed = await shop.place({ quantity: 11 })
    expect(await shop.ended(placed)).toBe('not_reserved')
    await shop.followed(placed, 'compensated')
    expect(await shop.reservationsOf(placed.order_id)).toMatchObject([{ status: 'not_reserved', quantity: 11 }])
    expect(await shop.stockOf('1')).toBe(before)
    expect(await shop.paymentsOf(placed.order_id)).toEqual([])
    expect(shop.told('order.v1', placed.order_id)).toHaveLength(1)
  })

  test.each(['1500', '1000.01', '99999999999999999.99', '099999'])(
    'an order for %s is reserved, denied, and what was reserved is given back (T000-3)',
    async amount => {
      const before = await shop.stockOf('1')
      const placed = await shop.place({ amount, quantity: 2 })
      const { order_id } = placed
      expect(await shop.ended(placed)).toBe('payment_denied')
      await shop.followed(placed, 'compensated')
      expect(await shop.reservationsOf(order_id)).toMatchObject([{ status: 'payment_denied', quantity: 2 }])
      expect(await shop.paymentsOf(order_id)).toMatchObject([{ status: 'payment_denied', amount }])
      expect(await shop.stockOf('1')).toBe(before)
      expect((await shop.notifications()).filter(told => told.order_id === order_id)).toEqual([])
      await eventually(() => {
        expect(shop.told('order.v1', order_id).map(({ body }) => body)).toEqual([
          { order_id, status: 'reserved' },
          { order_id, status: 'payment_denied' },
          { order_id: String(order_id), status: 'payment_denied' },
        ])
        expect(shop.told('stock.v1', order_id)).toHaveLength(3)
        expect(shop.told('payment.v1', order_id)).toHaveLength(3)
      })
    },
  )

  test.each(['9', '999', '1000.00'])(
    'an amount of %s is compared as a number, and confirmed up to and including the limit',
    async amount => {
      expect(await shop.ended(await shop.place({ amount, product_id: '2' }))).toBe('payment_confirmed')
    },
  )

  test('an order of a product that there is not ends not_reserved (T000-8)', async () => {
    const placed = await shop.place({ product_id: '99' })
    expect(await shop.ended(placed)).toBe('not_reserved')
    expect(await shop.reservationsOf(placed.order_id)).toMatchObject([{ status: 'not_reserved', product_id: '99' }])
    expect(await shop.running.deadLetters('DLQ.stock.v1')).toEqual([])
  })

  test('a status that the customer sends is ignored: nobody skips the saga', async () => {
    const { status, body } = await shop.call<ToldOrder>('POST', services.order, '/api/v1/orders/', {
      ...documentedOrder,
      order_id: 4_711,
      quantity: 11,
      status: 'payment_confirmed',
    })
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'created' } })
    expect(body.order_id).not.toBe(4_711)
    expect(await shop.ended(body)).toBe('not_reserved')
  })

  test('many orders at once on little stock never oversell', async () => {
    const free = await shop.stockOf('2')
    const placed = await Promise.all(Array.from({ length: 20 }, () => shop.place({ product_id: '2', quantity: 2 })))
    const ended = await Promise.all(placed.map(order => shop.ended(order)))
    expect(ended.filter(status => status === 'payment_confirmed')).toHaveLength(Math.floor(free / 2))
    expect(ended.filter(status => status === 'not_reserved')).toHaveLength(20 - Math.floor(free / 2))
    expect(await shop.stockOf('2')).toBe(free % 2)
  })

  describe('the same message again, under a new id', () => {
    test('has no effect: neither reserves, nor pays, nor tells twice', async () => {
      const placed = await shop.place({ amount: '7' })
      await shop.ended(placed)
      const before = await shop.stockOf('1')
      for (const status of ['created', 'reserved', 'payment_confirmed']) {
        for (const routingKey of ['stock.v1', 'payment.v1']) await shop.send(routingKey, { ...placed, status })
        await shop.send('order.v1', { order_id: placed.order_id, status })
      }
      await shop.ended(await shop.place({ quantity: 11 }))
      expect(await shop.stockOf('1')).toBe(before)
      expect(await shop.reservationsOf(placed.order_id)).toHaveLength(1)
      expect(await shop.paymentsOf(placed.order_id)).toHaveLength(1)
      expect((await shop.notifications()).filter(told => told.order_id === placed.order_id)).toHaveLength(1)
      expect(
        shop.told('order.v1', placed.order_id).filter(({ headers }) => headers['makegood-causation']),
      ).toHaveLength(2)
    })

    test('does not give back twice', async () => {
      const before = await shop.stockOf('1')
      const placed = await shop.place({ amount: '1001' })
      await shop.ended(placed)
      await shop.send('stock.v1', { ...placed, status: 'payment_denied' })
      await shop.send('stock.v1', { ...placed, order_id: String(placed.order_id), status: 'payment_denied' })
      await shop.ended(await shop.place({ quantity: 11 }))
      expect(await shop.stockOf('1')).toBe(before)
    })

    test('with another body is a dead letter, and has no effect', async () => {
      const placed = await shop.place()
      await shop.ended(placed)
      const before = await shop.stockOf('1')
      const forged = { ...placed, quantity: 5 }
      await shop.send('stock.v1', forged)
      await eventually(async () => {
        const letters = await shop.running.deadLetters('DLQ.stock.v1')
        const letter = letters.find(({ body }) => body === JSON.stringify(forged))
        expect(letter?.reason).toContain('IDENTITY_REUSED')
      })
      expect(await shop.stockOf('1')).toBe(before)
    })
  })

  describe('an event out of order', () => {
    test('that comes after the end leaves it as it is', async () => {
      const confirmed = await shop.place()
      const denied = await shop.place({ amount: '2000' })
      await Promise.all([shop.ended(confirmed), shop.ended(denied)])
      await shop.send('order.v1', { order_id: confirmed.order_id, status: 'payment_denied' })
      await shop.send('order.v1', { order_id: confirmed.order_id, status: 'not_reserved' })
      await shop.send('order.v1', { order_id: denied.order_id, status: 'payment_confirmed' })
      await shop.ended(await shop.place({ quantity: 11 }))
      expect(await shop.order(confirmed.order_id)).toMatchObject({ status: 'payment_confirmed' })
      expect(await shop.order(denied.order_id)).toMatchObject({ status: 'payment_denied' })
    })

    test('that comes before the one it follows from waits for it', async () => {
      const order = { ...documentedOrder, order_id: 900_001, amount: '5000', quantity: 1 }
      const before = await shop.stockOf('1')
      await shop.send('stock.v1', { ...order, status: 'payment_denied' })
      await eventually(async () => expect(await parked(services.stock)).toContain('stock.v1/900001/payment_denied'))
      await shop.send('stock.v1', { ...order, status: 'created' })
      await eventually(async () =>
        expect(await shop.reservationsOf(900_001)).toMatchObject([{ status: 'payment_denied' }]),
      )
      expect(await shop.stockOf('1')).toBe(before)
    })

    test('for an order that there is not is set aside with its reason, and holds up nobody', async () => {
      await shop.send('order.v1', { order_id: 900_002, status: 'reserved' })
      await eventually(async () => expect(await parked(services.order)).toContain('order.v1/900002/reserved'))
      expect(await shop.ended(await shop.place({ quantity: 11 }))).toBe('not_reserved')
      const { status } = await shop.call('GET', services.order, '/api/v1/orders/900002/')
      expect(status).toBe(404)
    })

    async function parked(service: string): Promise<string[]> {
      const { body } = await shop.call('GET', service, '/operations/parked', undefined, operator.headers)
      return JSON.stringify(body).match(/\w+\.v1\/\d+\/\w+/g) ?? []
    }
  })

  describe('garbage', () => {
    const order = { ...documentedOrder, order_id: 900_003, status: 'created' }
    const both: [string, string, string][] = ['stock.v1', 'payment.v1'].flatMap((key): [string, string, string][] => [
      [key, '{', 'not JSON'],
      [key, '[]', 'no JSON object'],
      [key, JSON.stringify({ ...order, order_id: 0 }), 'order_id'],
      [key, JSON.stringify({ ...order, order_id: '3000000000' }), 'order_id'],
      [key, JSON.stringify({ ...order, order_id: undefined }), 'order_id'],
      [key, JSON.stringify({ ...order, status: 'paid' }), 'status'],
      [key, JSON.stringify({ ...order, quantity: -1 }), 'quantity'],
      [key, JSON.stringify({ ...order, quantity: '1' }), 'quantity'],
      [key, JSON.stringify({ ...order, amount: '-5' }), 'amount'],
      [key, JSON.stringify({ ...order, amount: '0.00' }), 'amount'],
      [key, JSON.stringify({ ...order, amount: 5 }), 'amount'],
      [key, JSON.stringify({ ...order, customer_id: 'x'.repeat(21) }), 'customer_id'],
      [key, JSON.stringify({ ...order, customer_id: 'a\0b' }), 'customer_id'],
      [key, JSON.stringify({ ...order, product_id: '\ud83d' }), 'product_id'],
      [key, JSON.stringify({ ...order, note: 'x'.repeat(300_000) }), 'MESSAGE_TOO_LARGE'],
    ])
    test.each<[string, [string, string, string][]]>([
      ['stock.v1', both.filter(([key]) => key === 'stock.v1')],
      ['payment.v1', both.filter(([key]) => key === 'payment.v1')],
      [
        'order.v1',
        [
          ['order.v1', 'reserved', 'not JSON'],
          ['order.v1', '7', 'no JSON object'],
          ['order.v1', '{"order_id": "one", "status": "reserved"}', 'order_id'],
          ['order.v1', '{"order_id": 1, "status": "paid"}', 'status'],
          ['order.v1', '{"order_id": 1, "status": "created"}', 'created'],
          ['order.v1', '{"order_id": 1}', 'status'],
        ],
      ],
    ])('on %s goes to its dead letters with the reason, and holds up nobody', async (queue, garbage) => {
      for (const [key, body] of garbage) await shop.running.send(key, body)
      expect(await shop.ended(await shop.place({ amount: '3000' }))).toBe('payment_denied')
      await eventually(async () => {
        const letters = await shop.running.deadLetters(`DLQ.${queue}`)
        for (const [, body, says] of garbage) {
          expect(letters.find(letter => letter.body === body)?.reason, body.slice(0, 200)).toContain(says)
        }
      })
      expect(await shop.reservationsOf(900_003)).toEqual([])
    })

    test('does not take the place of the order that it pretends to be', async () => {
      const next = (await shop.place({ quantity: 11 })).order_id + 1
      await shop.running.send('stock.v1', JSON.stringify({ ...order, order_id: next, quantity: 0 }))
      const placed = await shop.place({ amount: '3000' })
      expect(placed.order_id).toBe(next)
      expect(await shop.ended(placed)).toBe('payment_denied')
    })
  })

  describe.runIf(outages).each([services.stock, services.payment])('while %s is down', service => {
    test('orders are taken, and end when it is back', async () => {
      const before = await shop.stockOf('1')
      await shop.running.end(service)
      const placed = await Promise.all([shop.place({ amount: '4000' }), shop.place({ amount: '4001' })])
      for (const { order_id } of placed)
        expect(await shop.order(order_id)).toMatchObject({ status: expect.stringMatching(/created|reserved/) })
      await shop.running.start(service)
      for (const order of placed) expect(await shop.ended(order)).toBe('payment_denied')
      expect(await shop.stockOf('1')).toBe(before)
    })
  })

  test.runIf(outages)('an answer that comes while its order is not so far yet is heeded when it is', async () => {
    await shop.running.end(services.stock)
    const placed = await shop.place({ amount: '5000' })
    await shop.send('order.v1', { order_id: placed.order_id, status: 'payment_denied' })
    expect(await shop.order(placed.order_id)).toMatchObject({ status: 'created' })
    await shop.running.start(services.stock)
    expect(await shop.ended(placed)).toBe('payment_denied')
  })
}
