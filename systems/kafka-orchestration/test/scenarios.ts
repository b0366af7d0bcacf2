import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import type { Extent } from '../../runner/test/extent.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'
import { type ListedOrder, type RunningShop, Shop } from './shop.ts'
import { eachHasTheirOwn, tenUsersOrder } from './ten-users.ts'

/** Every scenario of the documentation, and the bad days that it does not speak of, on a shop that runs somehow. */
export function scenarios(start: () => Promise<RunningShop>, startMs: number, { outages = true }: Extent = {}): void {
  let shop: Shop
  beforeAll(async () => {
    shop = new Shop(await start())
  }, startMs)
  afterAll(() => shop?.running.stop(), startMs)

  describe('the documented orders', () => {
    test('a piece that is there and can be paid is sold, with the documented messages to the field (T002-1)', async () => {
      expect([await shop.stock(3), await shop.balance(1)]).toEqual([3, 100])
      const { status, body } = await shop.call('POST', services.order, '/api/v1/orders', documentedOrder)
      expect({ status, body }).toEqual({
        status: 200,
        body: { id: expect.any(String), userId: 1, productId: 3, price: 50, status: 'ORDER_CREATED' },
      })
      const { id } = body as { id: string }
      const order = { userID: 1, productID: 3, orderID: id, amount: 50 }
      expect(await shop.ended({ id })).toEqual({ ...order, status: 'ORDER_COMPLETED' })
      expect(await shop.read<ListedOrder[]>(services.order, '/api/v1/orders')).toContainEqual({
        ...order,
        status: 'ORDER_COMPLETED',
      })
      expect([await shop.stock(3), await shop.balance(1)]).toEqual([2, 50])
      expect(await shop.payments({ id })).toEqual([{ orderId: id, userId: 1, amount: 50, status: 'PAYMENT_APPROVED' }])
      const created = { ...order, status: 'ORDER_CREATED' }
      const said = await shop.said({ id }, 6)
      expect(said.toSorted((one, other) => one.topic.localeCompare(other.topic))).toEqual([
        { topic: 'order-created', body: created },
        { topic: 'order-updated', body: { ...order, status: 'ORDER_COMPLETED' } },
        { topic: 'payment-processed', body: { userID: 1, orderID: id, amount: 50, status: 'PAYMENT_APPROVED' } },
        { topic: 'process-payment', body: created },
        { topic: 'product-reserved', body: { userID: 1, productID: 3, orderID: id, status: 'AVAILABLE' } },
        { topic: 'reserve-product', body: created },
      ])
    })

    test('when nothing is left the order is cancelled, and nobody is charged (T002-2)', async () => {
      const [userID, productID] = [await shop.enterUser(200), await shop.enterProduct(50, 3)]
      for (let piece = 0; piece < 3; piece += 1) {
        expect(await shop.ended(await shop.place({ userID, productID }))).toMatchObject({ status: 'ORDER_COMPLETED' })
      }
      expect([await shop.stock(productID), await shop.balance(userID)]).toEqual([0, 50])
      const fourth = await shop.place({ userID, productID })
      expect(await shop.ended(fourth)).toMatchObject({ status: 'ORDER_CANCELLED', amount: 50 })
      expect([await shop.stock(productID), await shop.balance(userID)]).toEqual([0, 50])
      expect(await shop.payments(fourth)).toEqual([])
      const said = await shop.said(fourth, 4)
      expect(said.map(({ topic }) => topic).toSorted()).toEqual(
        ['order-created', 'reserve-product', 'product-reserved', 'order-updated'].toSorted(),
      )
      expect(said.find(({ topic }) => topic === 'product-reserved')?.body).toMatchObject({ status: 'UNAVAILABLE' })
    })

    test('when the money is gone the piece is put back, and only then the order is cancelled (T002-3)', async () => {
      const [userID, productID] = [await shop.enterUser(100), await shop.enterProduct(50, 3)]
      for (let piece = 0; piece < 2; piece += 1) await shop.ended(await shop.place({ userID, productID }))
      expect([await shop.stock(productID), await shop.balance(userID)]).toEqual([1, 0])
      const third = await shop.place({ userID, productID })
      expect(await shop.ended(third)).toMatchObject({ status: 'ORDER_CANCELLED' })
      expect([await shop.stock(productID), await shop.balance(userID)]).toEqual([1, 0])
      expect(await shop.payments(third)).toEqual([
        { orderId: third.id, userId: userID, amount: 50, status: 'PAYMENT_REJECTED' },
      ])
      const said = await shop.said(third, 8)
      const order = { userID, productID, orderID: third.id }
      expect(said).toContainEqual({
        topic: 'payment-processed',
        body: { userID, orderID: third.id, amount: 50, status: 'PAYMENT_REJECTED' },
      })
      expect(said).toContainEqual({
        topic: 'cancel-product-reservation',
        body: { ...order, amount: 50, status: 'ORDER_CREATED' },
      })
      expect(said).toContainEqual({
        topic: 'product-reservation-cancelled',
        body: { ...order, status: 'CANCELLED' },
      })
    })

    test.each([
      ['product', { userID: 1, productID: 9 }, 'productID 9'],
      ['user', { userID: 9, productID: 1 }, 'userID 9'],
    ])('an unknown %s is a 400 that names it, and leaves no order (T002-7)', async (_what, order, says) => {
      const before = await shop.read(services.order, '/api/v1/orders')
      expect(await shop.call('POST', services.order, '/api/v1/orders', order)).toMatchObject({
        status: 400,
        body: {
          status: 400,
          error: 'Bad Request',
          path: '/api/v1/orders',
          message: expect.stringContaining(says),
          timestamp: expect.any(String),
        },
      })
      expect(await shop.read(services.order, '/api/v1/orders')).toEqual(before)
    })

    test('a user whom only payment does not know, and a product that only stock has not, end cancelled', async () => {
      const [userID, productID] = [await shop.enterUser(100), await shop.enterProduct(10, 1)]
      await shop.running.execute(services.payment, `delete from balances where user_id = ${userID}`)
      const unpaid = await shop.place({ userID, productID })
      expect(await shop.ended(unpaid)).toMatchObject({ status: 'ORDER_CANCELLED' })
      expect(await shop.stock(productID)).toBe(1)

      await shop.running.execute(services.order, `insert into products (id, price_cents) values (${userID}, 100)`)
      const missing = await shop.place({ userID, productID: userID })
      expect(await shop.ended(missing)).toMatchObject({ status: 'ORDER_CANCELLED' })
    })
  })

  describe('an order sent under an id of its own', () => {
    const id = (): string => crypto.randomUUID()

    test('again is the first order, as it is now: nothing is sold twice', async () => {
      const [userID, productID, orderID] = [await shop.enterUser(100), await shop.enterProduct(10, 5), id()]
      const first = await shop.place({ userID, productID, orderID })
      expect(first.id).toBe(orderID)
      await shop.ended(first)
      const again = await shop.call('POST', services.order, '/api/v1/orders', {
        userID,
        productID,
        orderID: orderID.toUpperCase(),
      })
      expect(again).toMatchObject({ status: 200, body: { ...first, status: 'ORDER_COMPLETED' } })
      expect([await shop.stock(productID), await shop.balance(userID)]).toEqual([4, 90])
      expect(shop.saidOf(orderID).filter(({ topic }) => topic === 'order-created')).toHaveLength(1)
    })

    test('ten times at the same moment is one order', async () => {
      const [userID, productID, orderID] = [await shop.enterUser(100), await shop.enterProduct(10, 5), id()]
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          shop.call('POST', services.order, '/api/v1/orders', { userID, productID, orderID }),
        ),
      )
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
      await shop.ended({ id: orderID })
      expect([await shop.stock(productID), await shop.balance(userID)]).toEqual([4, 90])
    })

    test('with other content is a 409, and takes nothing over', async () => {
      const [userID, productID, orderID] = [await shop.enterUser(100), await shop.enterProduct(10, 5), id()]
      const first = await shop.ended(await shop.place({ userID, productID, orderID }))
      const other = await shop.enterUser(100)
      expect(
        await shop.call('POST', services.order, '/api/v1/orders', { userID: other, productID, orderID }),
      ).toMatchObject({ status: 409, body: { error: 'Conflict', message: expect.stringContaining('orderID') } })
      expect(await shop.order(orderID)).toEqual(first)
      expect(await shop.balance(other)).toBe(100)
    })
  })

  describe('ten users at once', () => {
    test('each get their own order and pay for that alone', async () => {
      await eachHasTheirOwn(shop, await tenUsersOrder(shop))
    })

    test.runIf(outages).each(Object.values(services).filter(service => service !== services.order))(
      'each get their own order although %s ends in between and starts again',
      async service => {
        const orders = await tenUsersOrder(shop)
        await shop.running.end(service)
        await shop.running.start(service)
        await eachHasTheirOwn(shop, orders)
      },
    )
  })

  describe('a record that comes again', () => {
    test('is the same message: nothing is taken, paid or put back twice', async () => {
      const [userID, productID] = [await shop.enterUser(60), await shop.enterProduct(50, 5)]
      const sold = await shop.place({ userID, productID })
      await shop.ended(sold)
      const refused = await shop.place({ userID, productID })
      await shop.ended(refused)
      const said = [...(await shop.said(sold, 6)), ...(await shop.said(refused, 8))]
      for (const { topic, body } of said) await shop.running.send(topic, JSON.stringify(body))

      // What comes after it has been handled, so has it.
      const later = await shop.enterUser(50)
      await shop.ended(await shop.place({ userID: later, productID }))
      expect([await shop.stock(productID), await shop.balance(userID)]).toEqual([3, 10])
      expect(await shop.payments(sold)).toHaveLength(1)
      expect(await shop.order(sold.id)).toMatchObject({ status: 'ORDER_COMPLETED' })
      expect(await shop.order(refused.id)).toMatchObject({ status: 'ORDER_CANCELLED' })
    })

    test('with another body is a dead letter beside its topic, and changes nothing', async () => {
      const [userID, productID] = [await shop.enterUser(60), await shop.enterProduct(50, 5)]
      const order = await shop.place({ userID, productID })
      await shop.ended(order)
      const changed: Record<string, object> = {
        'order-created': { amount: 1 },
        'reserve-product': { userID: userID + 1 },
        'product-reserved': { status: 'UNAVAILABLE' },
        'process-payment': { amount: 1 },
        'payment-processed': { status: 'PAYMENT_REJECTED' },
        'order-updated': { status: 'ORDER_CANCELLED' },
      }
      for (const { topic, body } of await shop.said(order, 6)) {
        const spoiled = JSON.stringify({ ...body, ...changed[topic] })
        await shop.running.send(topic, spoiled)
        expect(await shop.deadLetter(topic, spoiled)).toContain('IDENTITY_REUSED')
      }
      expect([await shop.stock(productID), await shop.balance(userID)]).toEqual([4, 10])
      expect(await shop.order(order.id)).toMatchObject({ status: 'ORDER_COMPLETED' })
    })
  })

  describe('a record of somebody who knows the documentation alone', () => {
    const order = async (): Promise<Record<string, unknown>> => ({
      userID: await shop.enterUser(100),
      productID: await shop.enterProduct(50, 1),
      orderID: crypto.randomUUID(),
      amount: 50,
      status: 'ORDER_CREATED',
    })

    test('reserves and pays as one of ours would', async () => {
      const { userID, productID, orderID, amount } = await order()
      const created = JSON.stringify({ userID, productID, orderID, amount, status: 'ORDER_CREATED' })
      await shop.running.send('reserve-product', created)
      await shop.running.send('process-payment', created)
      const answered = () => shop.saidOf(String(orderID)).map(({ body }) => body['status'])
      await eventually(() => expect(answered()).toEqual(expect.arrayContaining(['AVAILABLE', 'PAYMENT_APPROVED'])))
      expect([await shop.stock(Number(productID)), await shop.balance(Number(userID))]).toEqual([0, 50])
      await shop.running.send('cancel-product-reservation', created)
      await eventually(() => expect(answered()).toContain('CANCELLED'))
      expect(await shop.stock(Number(productID))).toBe(1)
    })

    test('puts back nothing that was never taken, and says so all the same', async () => {
      const created = await order()
      await shop.running.send('cancel-product-reservation', JSON.stringify(created))
      await eventually(() =>
        expect(shop.saidOf(String(created['orderID']))).toContainEqual({
          topic: 'product-reservation-cancelled',
          body: {
            userID: created['userID'],
            productID: created['productID'],
            orderID: created['orderID'],
            status: 'CANCELLED',
          },
        }),
      )
      expect(await shop.stock(Number(created['productID']))).toBe(1)
    })

    test.runIf(outages)('answers for a service of ours that is down', async () => {
      const { userID, productID } = (await order()) as { userID: number; productID: number }
      await shop.running.end(services.stock)
      const placed = await shop.place({ userID, productID })
      const ids = { userID, productID, orderID: placed.id }
      await shop.said(placed, 2)
      await shop.running.send('product-reserved', JSON.stringify({ ...ids, status: 'AVAILABLE' }))
      expect(await shop.ended(placed)).toMatchObject({ status: 'ORDER_COMPLETED' })
      await shop.running.start(services.stock)
      // What waited for it is done, and its own answer changes nothing.
      await eventually(async () => expect(await shop.stock(productID)).toBe(0))
      expect(await shop.balance(userID)).toBe(50)
    })

    test('about an order that there is not is a dead letter, or nobody asked for it', async () => {
      const unknown = await order()
      const updated = JSON.stringify({ ...unknown, status: 'ORDER_COMPLETED' })
      await shop.running.send('order-updated', updated)
      expect(await shop.deadLetter('order-updated', updated)).toContain(`There is no order ${unknown['orderID']}`)
      const { userID, orderID, amount } = unknown
      await shop.running.send(
        'payment-processed',
        JSON.stringify({ userID, orderID, amount, status: 'PAYMENT_APPROVED' }),
      )
      const [user, productID] = [await shop.enterUser(10), await shop.enterProduct(10, 1)]
      expect(await shop.ended(await shop.place({ userID: user, productID }))).toMatchObject({
        status: 'ORDER_COMPLETED',
      })
    })
  })

  describe('what cannot be read', () => {
    const created = (fields: object): string =>
      JSON.stringify({
        userID: 1,
        productID: 1,
        orderID: crypto.randomUUID(),
        amount: 20,
        status: 'ORDER_CREATED',
        ...fields,
      })
    const spoiled: readonly [topic: string, body: string, reason: string][] = [
      ['order-created', '{', 'not JSON'],
      ['order-created', '', 'not JSON'],
      ['order-created', '[1]', 'not a JSON object'],
      ['order-created', created({ orderID: 'one' }), 'orderID'],
      ['order-created', created({ userID: undefined }), 'userID: is missing'],
      ['order-created', created({ amount: null }), 'amount'],
      ['order-created', created({ amount: 0.001 }), 'amount: must have at most two decimals'],
      ['order-created', created({ note: 'x'.repeat(300_000) }), 'MESSAGE_TOO_LARGE'],
      ['reserve-product', created({ productID: '1' }), 'productID'],
      ['cancel-product-reservation', created({ status: 'CANCELLED' }), 'status'],
      ['product-reserved', created({ status: 'PERHAPS' }), 'status'],
      ['product-reservation-cancelled', created({ status: 'NOT_CANCELLED' }), 'status'],
      ['process-payment', created({ amount: -20 }), 'amount'],
      // The documented services credit an account for this, and then charge it again.
      ['process-payment', created({ status: 'ORDER_CANCELLED' }), 'status'],
      ['payment-processed', created({ status: 'ORDER_CREATED' }), 'status'],
      ['order-updated', created({ status: 'ORDER_CREATED' }), 'status'],
    ]

    test('is a dead letter with the reason, beside the topic it came by, and holds up nobody', async () => {
      const before = await shop.balance(1)
      for (const [topic, body] of spoiled) await shop.running.send(topic, body)
      const [userID, productID] = [await shop.enterUser(10), await shop.enterProduct(10, 1)]
      expect(await shop.ended(await shop.place({ userID, productID }))).toMatchObject({ status: 'ORDER_COMPLETED' })
      for (const [topic, body, reason] of spoiled) expect(await shop.deadLetter(topic, body)).toContain(reason)
      expect(await shop.balance(1)).toBe(before)
    })

    test('does not stand for the order that it names', async () => {
      const [userID, productID, orderID] = [
        await shop.enterUser(10),
        await shop.enterProduct(10, 1),
        crypto.randomUUID(),
      ]
      const order = { userID, productID, orderID, amount: 10 }
      for (const topic of [
        'order-created',
        'reserve-product',
        'product-reserved',
        'process-payment',
        'order-updated',
      ]) {
        const body = JSON.stringify({ ...order, status: 'SPOILED' })
        await shop.running.send(topic, body)
        await shop.deadLetter(topic, body)
      }
      expect(await shop.ended(await shop.place({ userID, productID, orderID }))).toMatchObject({
        status: 'ORDER_COMPLETED',
      })
    })
  })

  test.runIf(outages)('an order is not cancelled as long as its piece is not back', async () => {
    const [userID, productID] = [await shop.enterUser(0), await shop.enterProduct(50, 1)]
    await shop.running.end(services.payment)
    const order = await shop.place({ userID, productID })
    // Reserved, and the payment asked for.
    await shop.said(order, 4)
    await shop.running.end(services.stock)
    await shop.running.start(services.payment)
    await eventually(() =>
      expect(shop.saidOf(order.id).map(({ topic }) => topic)).toContain('cancel-product-reservation'),
    )
    expect(await shop.order(order.id)).toMatchObject({ status: 'ORDER_CREATED' })
    expect(shop.saidOf(order.id).map(({ topic }) => topic)).not.toContain('order-updated')

    await shop.running.start(services.stock)
    expect(await shop.ended(order)).toMatchObject({ status: 'ORDER_CANCELLED' })
    expect(await shop.stock(productID)).toBe(1)
  })

  test.runIf(outages)('stock, balances and prices stay as they are when their services start again', async () => {
    const before = await Promise.all([
      shop.read(services.stock, '/api/v1/stocks'),
      shop.read(services.payment, '/api/v1/balances'),
      shop.read(services.order, '/api/v1/orders'),
    ])
    for (const service of Object.values(services)) {
      await shop.running.end(service)
      await shop.running.start(service)
    }
    expect(
      await Promise.all([
        shop.read(services.stock, '/api/v1/stocks'),
        shop.read(services.payment, '/api/v1/balances'),
        shop.read(services.order, '/api/v1/orders'),
      ]),
    ).toEqual(before)
  })
}
