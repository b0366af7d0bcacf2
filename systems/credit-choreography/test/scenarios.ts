import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import type { Extent } from '../../runner/test/extent.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'
import { type RunningShop, Shop } from './shop.ts'

/** Every scenario of the documentation, and the bad days that it does not speak of, on a shop that runs somehow. */
export function scenarios(start: () => Promise<RunningShop>, startMs: number, { outages = true }: Extent = {}): void {
  let shop: Shop
  beforeAll(async () => {
    shop = new Shop(await start())
  }, startMs)
  afterAll(() => shop?.running.stop(), startMs)

  test('both services say that they run, in the documented words', async () => {
    for (const service of [services.orders, services.customers]) {
      expect(await shop.call('GET', service, '/')).toMatchObject({
        status: 200,
        body: { message: 'Order Service is running.' },
      })
    }
  })

  test('the documented order of the documented customer is confirmed and paid (T001-1)', async () => {
    expect(await shop.read(services.customers, '/customers/1')).toEqual({
      id: 1,
      name: 'Alice',
      email: 'def@gmail.com',
      balance: 100,
      address: 'def',
    })
    const { status, body } = await shop.call('POST', services.orders, '/orders/', documentedOrder)
    expect(status).toBe(200)
    expect(body).toEqual({
      id: expect.any(Number),
      customer_id: 1,
      product_id: 1,
      status: 'pending',
      quantity: 1,
      total_price: 50,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      updated_at: null,
      reason: null,
    })

    const order = body as Awaited<ReturnType<Shop['place']>>
    expect(await shop.ended(order)).toEqual({ ...order, status: 'confirmed', updated_at: expect.any(String) })
    expect(await shop.balance(1)).toBe(50)
    expect(await shop.payments(order)).toMatchObject([{ customer_id: 1, amount: 50, status: 'completed' }])
    expect((await shop.followed(order, 'completed')).journal.map(({ kind, step }) => step ?? kind)).toEqual([
      'order.created',
      'order.fulfilled',
      'completed',
    ])
    const { id: order_id, customer_id, product_id, quantity, total_price, created_at } = order
    const seven = { order_id, customer_id, product_id, quantity, total_price, created_at }
    expect(await shop.told(order, 2)).toEqual([
      { key: 'order.created', body: { ...seven, status: 'pending' } },
      { key: 'order.fulfilled', body: { ...seven, status: 'FULFILLED' } },
    ])
  })

  test('an order above the balance is cancelled with the reason, and costs nothing (T001-2)', async () => {
    const customer_id = await shop.running.enterCustomer(100_00)
    const order = await shop.place({ customer_id, total_price: 150 })
    expect(await shop.ended(order)).toMatchObject({ status: 'cancelled', reason: 'Insufficient balance' })
    expect(await shop.balance(customer_id)).toBe(100)
    expect(await shop.payments(order)).toMatchObject([
      { amount: 150, status: 'failed', reason: 'Insufficient balance' },
    ])
    expect(await shop.told(order, 2)).toMatchObject([
      { key: 'order.created' },
      { key: 'order.rejected', body: { status: 'REJECTED', reason: 'Insufficient balance', total_price: 150 } },
    ])
    await shop.followed(order, 'compensated')
  })

  test('an order of a customer whom nobody knows is cancelled with the reason (T001-5)', async () => {
    const order = await shop.place({ customer_id: 999_999 })
    expect(await shop.ended(order)).toMatchObject({ status: 'cancelled', reason: 'Customer not found' })
    expect(await shop.payments(order)).toMatchObject([{ status: 'failed', reason: 'Customer not found' }])
  })

  test('an order of a product that there is not is refused, and leaves no row and no message (T001-6)', async () => {
    const before = await shop.read(services.orders, '/orders/')
    expect(await shop.call('POST', services.orders, '/orders/', { ...documentedOrder, product_id: 99 })).toMatchObject({
      status: 404,
      body: { detail: 'Product not found' },
    })
    expect(await shop.read(services.orders, '/orders/')).toEqual(before)
    expect(shop.running.heard.filter(({ body }) => body.includes('"product_id":99'))).toEqual([])
  })

  test('an order is pending and then what its payment makes it, whatever status it came with', async () => {
    const customer_id = await shop.running.enterCustomer(1_00)
    const order = await shop.place({ customer_id, status: 'completed', total_price: 0.01 })
    expect(await shop.ended(order)).toMatchObject({ status: 'confirmed', total_price: 0.01 })
    expect(await shop.balance(customer_id)).toBe(0.99)
  })

  test('the whole balance may be spent, and then nothing more but what is free', async () => {
    const customer_id = await shop.running.enterCustomer(29_97)
    const all = await shop.ended(await shop.place({ customer_id, quantity: 3, total_price: 29.97 }))
    const more = await shop.ended(await shop.place({ customer_id, total_price: 0.01 }))
    const free = await shop.ended(await shop.place({ customer_id, total_price: 0 }))
    expect([all.status, more.status, free.status]).toEqual(['confirmed', 'cancelled', 'confirmed'])
    expect(await shop.balance(customer_id)).toBe(0)
  })

  test('however many orders come at once, the balance is never overdrawn and no money is lost', async () => {
    const customer_id = await shop.running.enterCustomer(50_00)
    const placed = await Promise.all(Array.from({ length: 40 }, () => shop.place({ customer_id, total_price: 7.1 })))
    const ended = await Promise.all(placed.map(order => shop.ended(order)))
    expect(ended.filter(({ status }) => status === 'confirmed')).toHaveLength(7)
    expect(await shop.balance(customer_id)).toBe(0.3)
    const payments = (await Promise.all(placed.map(order => shop.payments(order)))).flat()
    expect(payments).toHaveLength(40)
    expect(payments.filter(({ status }) => status === 'completed')).toHaveLength(7)
  })

  describe('a message that comes again', () => {
    test('with the same body is the same message: nothing is paid and told twice', async () => {
      const customer_id = await shop.running.enterCustomer(100_00)
      const order = await shop.place({ customer_id, total_price: 30 })
      await shop.ended(order)
      const told = await shop.told(order, 2)
      for (const { key, body } of told) await shop.running.send(key, JSON.stringify(body))

      // What comes after it has been handled, so has it.
      await shop.ended(await shop.place({ customer_id, total_price: 1 }))
      expect(await shop.balance(customer_id)).toBe(69)
      expect(await shop.payments(order)).toHaveLength(1)
      const again = await shop.told(order, 4)
      expect(again.map(({ key }) => key)).toEqual([...told, ...told].map(({ key }) => key))
      for (const service of [services.orders, services.customers]) expect(await shop.parked(service)).toBe(0)
    })

    test('with another body is a dead letter, and changes nothing', async () => {
      const customer_id = await shop.running.enterCustomer(100_00)
      const order = await shop.place({ customer_id, total_price: 30 })
      await shop.ended(order)
      const [created, fulfilled] = await shop.told(order, 2)
      const dearer = JSON.stringify({ ...created!.body, total_price: 60 })
      const larger = JSON.stringify({ ...fulfilled!.body, quantity: 2 })
      await shop.running.send('order.created', dearer)
      await shop.running.send('order.fulfilled', larger)
      expect(await shop.deadLetter('order_payment_queue', dearer)).toContain('IDENTITY_REUSED')
      expect(await shop.deadLetter('order_fulfillment_queue', larger)).toContain('IDENTITY_REUSED')
      expect(await shop.balance(customer_id)).toBe(70)
    })
  })

  test('a confirmed order stays confirmed, whoever says that it is rejected', async () => {
    const customer_id = await shop.running.enterCustomer(10_00)
    const order = await shop.ended(await shop.place({ customer_id, total_price: 1 }))
    const [created] = await shop.told(order, 2)
    await shop.running.send('order.rejected', JSON.stringify({ ...created!.body, status: 'REJECTED' }))
    const later = await shop.place({ customer_id, total_price: 100 })
    expect(await shop.ended(later)).toMatchObject({ status: 'cancelled' })
    expect(await shop.order(order.id)).toEqual(order)
  })

  describe('what cannot be read', () => {
    let orderId = 1_000_000
    const spoiled: readonly [key: string, queue: string, body: string, reason: string][] = [
      ['order.created', 'order_payment_queue', '{', 'not JSON'],
      ['order.created', 'order_payment_queue', '', 'not JSON'],
      ['order.created', 'order_payment_queue', '[1]', 'order_id'],
      ['order.created', 'order_payment_queue', createdWith({ order_id: 'one' }), 'order_id'],
      [
        'order.created',
        'order_payment_queue',
        createdWith({ order_id: 0 }),
        'PAYLOAD_INVALID: order.created: order_id',
      ],
      ['order.created', 'order_payment_queue', createdWith({ customer_id: undefined }), 'customer_id: is missing'],
      ['order.created', 'order_payment_queue', createdWith({ quantity: -1 }), 'quantity'],
      ['order.created', 'order_payment_queue', createdWith({ total_price: -50 }), 'total_price'],
      [
        'order.created',
        'order_payment_queue',
        createdWith({ total_price: 0.001 }),
        'total_price: must have at most two',
      ],
      ['order.created', 'order_payment_queue', createdWith({ created_at: 'yesterday' }), 'created_at'],
      ['order.created', 'order_payment_queue', createdWith({ note: 'x'.repeat(300_000) }), 'MESSAGE_TOO_LARGE'],
      ['order.fulfilled', 'order_fulfillment_queue', createdWith({ status: 'REJECTED' }), 'status'],
      ['order.rejected', 'order_rejection_queue', createdWith({ status: 'REJECTED', reason: 7 }), 'reason'],
      ['order.rejected', 'order_rejection_queue', createdWith({ status: 'REJECTED', reason: 'a\0b' }), 'reason'],
    ]
    function createdWith(fields: object): string {
      orderId += 1
      return JSON.stringify({
        order_id: orderId,
        customer_id: 1,
        product_id: 1,
        quantity: 1,
        total_price: 1,
        status: 'pending',
        created_at: '2026-01-02T03:04:05.678901+00:00',
        ...fields,
      })
    }

    test('is a dead letter with the reason, beside the queue it came to, and holds up nobody', async () => {
      const customer_id = await shop.running.enterCustomer(10_00)
      for (const [key, , body] of spoiled) await shop.running.send(key, body)
      expect(await shop.ended(await shop.place({ customer_id, total_price: 10 }))).toMatchObject({
        status: 'confirmed',
      })
      for (const [, queue, body, reason] of spoiled) expect(await shop.deadLetter(queue, body)).toContain(reason)
    })
  })

  describe.runIf(outages)('while the customer service is down', () => {
    test('orders are taken, and paid in full when it is back', async () => {
      const customer_id = await shop.running.enterCustomer(20_00)
      await shop.running.end(services.customers)
      const placed = []
      for (let number = 0; number < 5; number += 1) placed.push(await shop.place({ customer_id, total_price: 5 }))
      await expect(shop.balance(customer_id)).rejects.toThrow()
      for (const order of placed) expect(await shop.order(order.id)).toMatchObject({ status: 'pending' })

      await shop.running.start(services.customers)
      const ended = await Promise.all(placed.map(order => shop.ended(order)))
      expect(ended.filter(({ status }) => status === 'confirmed')).toHaveLength(4)
      expect(await shop.balance(customer_id)).toBe(0)
    })

    test('a rejection in the documented form, which has no reason, cancels the order', async () => {
      await shop.running.end(services.customers)
      const order = await shop.place({ customer_id: 999_999 })
      const [created] = await shop.told(order, 1)
      await shop.running.send('order.rejected', JSON.stringify({ ...created!.body, status: 'REJECTED' }))
      expect(await shop.ended(order)).toMatchObject({ status: 'cancelled', reason: 'Rejected' })
      await shop.running.start(services.customers)
    })
  })

  test.runIf(outages).each([services.orders, services.customers])(
    '%s ends in the middle of orders and starts again: every order ends once, and the money is right',
    async service => {
      const customer_id = await shop.running.enterCustomer(60_00)
      const placed = await Promise.all(Array.from({ length: 20 }, () => shop.place({ customer_id, total_price: 4 })))
      await shop.running.end(service)
      await shop.running.start(service)
      const ended = await Promise.all(placed.map(order => shop.ended(order)))
      expect(ended.filter(({ status }) => status === 'confirmed')).toHaveLength(15)
      expect(await shop.balance(customer_id)).toBe(0)
      await eventually(async () => {
        const payments = (await Promise.all(placed.map(order => shop.payments(order)))).flat()
        expect(payments.map(({ order_id }) => order_id).toSorted()).toEqual(placed.map(({ id }) => id).toSorted())
      })
    },
  )
}
