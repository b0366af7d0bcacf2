import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import type { Extent } from '../../runner/test/extent.ts'
import type { Order } from '../orders/order-queries.ts'
import type { User } from '../users/http.ts'
import { services } from '../wire.ts'
import { type Placed, type RunningShop, Shop, type Wanted } from './shop.ts'

/** Every scenario of the specification, however the shop runs. */
export function scenarios(
  start: () => Promise<RunningShop>,
  startMsMax: number,
  { outages = true }: Extent = {},
): void {
  let shop: Shop
  beforeAll(async () => {
    shop = new Shop(await start())
  }, startMsMax)
  afterAll(() => shop?.running.stop())

  const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  const ordered = [
    'command.product.check_stock',
    'event.product.check_stock.success',
    'command.user.check_balance',
    'event.user.check_balance.success',
    'command.user.update_balance',
    'event.user.update_balance.success',
    'command.product.update_stock',
    'event.product.update_stock.success',
    'command.order.update_status',
    'event.order.update_status.success',
  ]
  const failedAtLast = ['command.order.update_status', 'event.order.update_status.success']

  describe('the documented order (T004-1)', () => {
    test('is paid and taken, and ends SUCCESS; its saga COMPLETED', async () => {
      const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
      const placed = await shop.place({ owner_id: user.id, product_id: product.id })
      expect(placed).toEqual({
        message: expect.any(String),
        saga_id: uuid,
        order_id: expect.any(Number),
        status: 'PROCESSING',
      })
      expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED', current_step: 'DONE' })
      expect(await shop.order(placed)).toEqual({
        id: placed.order_id,
        product_id: product.id,
        owner_id: user.id,
        quantity: 2,
        status: 'SUCCESS',
      })
      expect([await shop.balance(user), await shop.stock(product)]).toEqual([80, 3])
    })

    test('is ten messages, in their order, and nothing else', async () => {
      const placed = await shop.place()
      await shop.ended(placed)
      expect(await shop.keysHeard(placed, 10)).toEqual(ordered)
    })

    test('says in each message what is documented, and no more', async () => {
      const { id: owner_id } = await shop.enterUser()
      const { id: product_id } = await shop.enterProduct()
      const placed = await shop.place({ owner_id, product_id })
      const { saga_id: sagaId, order_id } = placed
      await shop.ended(placed)
      const goods = { product_id, quantity: 2, order_id }
      const money = { owner_id, amount: 20, order_id }
      const end = { order_id, status: 'SUCCESS' }
      const done = (payload: object) => ({ status: 'SUCCESS', payload })
      const said = (service: string, action: string, payload: object) => {
        const same = { sagaId, correlationId: expect.any(String), service, action, compensating: false }
        return (answer: object) => [
          { ...same, payload, timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
          { ...same, payload: answer, timestamp: expect.stringMatching(/^\d+(\.\d+)?$/), result: 'success' },
        ]
      }
      const heard = await shop.heard(placed, 10)
      expect(heard.map(({ body }) => body)).toEqual([
        ...said('product', 'check_stock', goods)({ ...done(goods), total_price: 20 }),
        ...said('user', 'check_balance', money)(done(money)),
        ...said('user', 'update_balance', money)(done(money)),
        ...said('product', 'update_stock', goods)(done(goods)),
        ...said('order', 'update_status', end)({ ...done(end), ...goods, owner_id, order_status: 'SUCCESS' }),
      ])
    })

    test('leaves in the history of its saga each step under its own name, with its own answer', async () => {
      const placed = await shop.place()
      const { step_history } = await shop.ended(placed)
      expect(step_history.steps.map(({ step, status }) => `${step} ${status}`)).toEqual([
        'INIT SUCCESS',
        'CHECK_STOCK SUCCESS',
        'CHECK_BALANCE SUCCESS',
        'UPDATE_BALANCE SUCCESS',
        'UPDATE_STOCK SUCCESS',
        'UPDATE_ORDER SUCCESS',
      ])
      expect(step_history.steps[0]).toMatchObject({ result: { order_id: placed.order_id } })
      expect(step_history.steps[1]).toMatchObject({ result: { total_price: 20 } })
      expect(step_history.steps[5]).toMatchObject({ result: { order_status: 'SUCCESS' } })
      const times = step_history.steps.map(({ timestamp }) => Date.parse(timestamp))
      expect(times).toEqual(times.toSorted((one, other) => one - other))
    })
  })

  describe('an order that cannot be', () => {
    test('is FAILED if there is too little stock, and nothing has changed (T004-2)', async () => {
      const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
      const placed = await shop.place({ owner_id: user.id, product_id: product.id, quantity: 6 })
      const saga = await shop.ended(placed)
      expect(saga).toMatchObject({ status: 'FAILED', current_step: 'CHECK_STOCK' })
      expect(saga.step_history.steps[1]).toMatchObject({
        step: 'CHECK_STOCK',
        status: 'FAILED',
        result: { reason: 'Insufficient stock', payload: { product_id: product.id, quantity: 6 } },
      })
      expect(await shop.order(placed)).toMatchObject({ status: 'FAILED' })
      expect([await shop.balance(user), await shop.stock(product)]).toEqual([100, 5])
      const heard = await shop.heard(placed, 4)
      expect(heard.map(({ key }) => key)).toEqual([
        'command.product.check_stock',
        'event.product.check_stock.failed',
        ...failedAtLast,
      ])
      const { order_id } = placed
      expect(heard[1]!.body).toMatchObject({
        result: 'failed',
        payload: { status: 'FAILED', reason: 'Insufficient stock', payload: { product_id: product.id, order_id } },
      })
      expect(heard[2]!.body).toMatchObject({
        payload: { order_id, status: 'FAILED', reason: 'Insufficient stock' },
        compensating: true,
      })
    })

    test('is FAILED if the balance is too low, and nothing has changed (T004-3)', async () => {
      const [user, product] = [await shop.enterUser(), await shop.enterProduct({ price: 60 })]
      const placed = await shop.place({ owner_id: user.id, product_id: product.id })
      expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED', current_step: 'CHECK_BALANCE' })
      expect(await shop.order(placed)).toMatchObject({ status: 'FAILED' })
      expect([await shop.balance(user), await shop.stock(product)]).toEqual([100, 5])
      expect(await shop.keysHeard(placed, 6)).toEqual([
        ...ordered.slice(0, 3),
        'event.user.check_balance.failed',
        ...failedAtLast,
      ])
    })

    test.each<[string, Partial<Wanted>, string, string]>([
      ['product', { product_id: 1_000_000 }, 'CHECK_STOCK', 'Insufficient stock'],
      ['user', { owner_id: 1_000_000 }, 'CHECK_BALANCE', 'User not found'],
    ])('is FAILED for a %s that there is not, with the reason (T004-6)', async (_what, order, step, reason) => {
      const placed = await shop.place(order)
      const saga = await shop.ended(placed)
      expect(saga).toMatchObject({ status: 'FAILED', current_step: step })
      expect(saga.step_history.steps.at(-2)).toMatchObject({ step, result: { reason } })
      expect(await shop.order(placed)).toMatchObject({ status: 'FAILED' })
    })

    test.each([0, -1])('is refused for a quantity of %d, and leaves nothing behind (T004-5)', async quantity => {
      const wanted = { owner_id: (await shop.enterUser()).id, product_id: (await shop.enterProduct()).id, quantity }
      const before = await shop.read(services.order, '/orders')
      expect(await shop.call('POST', services.orchestrator, '/orders', wanted)).toMatchObject({
        status: 422,
        body: { detail: [{ type: 'greater_than_equal', loc: ['body', 'quantity'] }] },
      })
      expect(await shop.read(services.order, '/orders')).toEqual(before)
    })
  })

  test('of two orders at once for more than there is, one is SUCCESS, and the other costs nothing (T004-4)', async () => {
    const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
    const wanted = { owner_id: user.id, product_id: product.id, quantity: 3 }
    const placed = await Promise.all([shop.place(wanted), shop.place(wanted)])
    const ended = await Promise.all(placed.map(order => shop.ended(order)))
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['COMPLETED', 'FAILED'])
    const failed = ended.find(({ status }) => status === 'FAILED')
    expect(failed?.current_step).toMatch(/^(CHECK|UPDATE)_STOCK$/)
    const orders = await Promise.all(placed.map(order => shop.order(order)))
    expect(orders.map(({ status }) => status).toSorted()).toEqual(['FAILED', 'SUCCESS'])
    expect([await shop.balance(user), await shop.stock(product)]).toEqual([70, 2])
  })

  describe('what somebody else has taken after it was checked', () => {
    test('stock: the money is given back first, and only then the order is FAILED (T004-4)', async () => {
      const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
      await shop.running.end(services.user)
      const placed = await shop.place({ owner_id: user.id, product_id: product.id })
      await shop.isAt(placed, 'CHECK_BALANCE')
      await shop.restock(product, 1)
      await shop.running.start(services.user)

      const saga = await shop.ended(placed)
      expect(saga).toMatchObject({ status: 'FAILED', current_step: 'UPDATE_STOCK' })
      expect(saga.step_history.steps.slice(-3)).toMatchObject([
        { step: 'UPDATE_STOCK', status: 'FAILED' },
        { step: 'UPDATE_BALANCE', status: 'COMPENSATED' },
        { step: 'UPDATE_ORDER', status: 'COMPENSATED' },
      ])
      expect(await shop.order(placed)).toMatchObject({ status: 'FAILED' })
      expect([await shop.balance(user), await shop.stock(product)]).toEqual([100, 1])
      const heard = await shop.heard(placed, 12)
      expect(heard.map(({ key }) => key)).toEqual([
        ...ordered.slice(0, 7),
        'event.product.update_stock.failed',
        'command.user.update_balance',
        'event.user.update_balance.success',
        ...failedAtLast,
      ])
      expect(heard[8]!.body).toMatchObject({ compensating: true, payload: { amount: -20, owner_id: user.id } })
      expect(heard[9]!.body).toMatchObject({ compensating: true, payload: { status: 'SUCCESS' } })
    })

    test('the balance: there is nothing to give back, and the order is FAILED', async () => {
      const [user, product] = [await shop.enterUser(50), await shop.enterProduct({ stock: 6 })]
      await shop.running.end(services.user)
      const wanted = { owner_id: user.id, product_id: product.id, quantity: 3 }
      const placed = [await shop.place(wanted), await shop.place(wanted)]
      for (const order of placed) await shop.isAt(order, 'CHECK_BALANCE')
      // Both checks wait there, and are answered before the first debit can come.
      await shop.running.start(services.user)

      const ended = await Promise.all(placed.map(order => shop.ended(order)))
      const failed = ended.find(({ status }) => status === 'FAILED')!
      expect(failed.current_step).toBe('UPDATE_BALANCE')
      expect(ended.find(({ status }) => status === 'COMPLETED')).toBeDefined()
      expect([await shop.balance(user), await shop.stock(product)]).toEqual([20, 3])
      expect(await shop.keysHeard(failed, 8)).toEqual([
        ...ordered.slice(0, 5),
        'event.user.update_balance.failed',
        ...failedAtLast,
      ])
    })
  })

  test('an order that cannot be confirmed for good: what was taken is put back, then the money (section 4)', async () => {
    const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
    await shop.running.end(services.user)
    const placed = await shop.place({ owner_id: user.id, product_id: product.id })
    await shop.isAt(placed, 'CHECK_BALANCE')
    await shop.running.sql(services.order, 'delete from orders where id = $1', [placed.order_id])
    await shop.running.start(services.user)

    expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED', current_step: 'UPDATE_ORDER' })
    expect([await shop.balance(user), await shop.stock(product)]).toEqual([100, 5])
    const heard = await shop.heard(placed, 16)
    expect(heard.map(({ key }) => key)).toEqual([
      ...ordered.slice(0, 9),
      'event.order.update_status.failed',
      'command.product.update_stock',
      'event.product.update_stock.success',
      'command.user.update_balance',
      'event.user.update_balance.success',
      ...failedAtLast,
    ])
    expect(heard[9]!.body.payload).toMatchObject({ status: 'FAILED', reason: 'Order not found' })
    expect(heard.slice(10).every(({ body }) => body.compensating)).toBe(true)
  })

  describe('orders that are equal', () => {
    test('are two orders, and both run (T004-7)', async () => {
      const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
      const wanted = { owner_id: user.id, product_id: product.id, quantity: 1 }
      const [one, other] = [await shop.place(wanted), await shop.place(wanted)]
      expect(one.order_id).not.toBe(other.order_id)
      for (const order of [one, other]) expect(await shop.ended(order)).toMatchObject({ status: 'COMPLETED' })
      expect([await shop.balance(user), await shop.stock(product)]).toEqual([80, 3])
    })

    test('and have the same key, are one, however often it is placed', async () => {
      const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
      const wanted = { owner_id: user.id, product_id: product.id, quantity: 1 }
      const key = { 'Idempotency-Key': crypto.randomUUID() }
      const placed = await Promise.all(Array.from({ length: 5 }, () => shop.place(wanted, key)))
      await shop.ended(placed[0]!)
      placed.push(await shop.place(wanted, key))
      expect(new Set(placed.map(({ order_id }) => order_id)).size).toBe(1)
      expect(await shop.balance(user)).toBe(90)
      expect(await shop.call('POST', services.orchestrator, '/orders', { ...wanted, quantity: 2 }, key)).toMatchObject({
        status: 409,
        body: { detail: 'Idempotency-Key was used for another order' },
      })
    })
  })

  test('a saga is found by its id, by its order and in the list (T004-8)', async () => {
    const placed = await shop.place()
    const saga = await shop.ended(placed)
    expect(saga).toEqual({
      id: expect.any(Number),
      saga_id: placed.saga_id,
      order_id: placed.order_id,
      status: 'COMPLETED',
      current_step: 'DONE',
      step_history: { steps: expect.any(Array) },
      created_at: expect.any(String),
      updated_at: expect.any(String),
    })
    expect(await shop.read(services.orchestrator, `/sagas/order/${placed.order_id}`)).toEqual(saga)
    expect(await shop.read(services.orchestrator, `/sagas?skip=${saga.id - 1}&limit=1`)).toEqual([saga])
    for (const [path, detail] of [
      [`/sagas/${crypto.randomUUID()}`, 'Saga not found'],
      ['/sagas/order/1000000', 'Saga not found for this order'],
    ] as const)
      expect(await shop.call('GET', services.orchestrator, path)).toMatchObject({ status: 404, body: { detail } })
  })

  describe.each([
    [services.user, 'User', '/users', { name: 'Ada', balance: 99.99 }, { name: 'Grace', balance: 0.1 }],
    [
      services.product,
      'Product',
      '/products',
      { name: 'Tea', price: 0.07, stock: 0 },
      { name: 'Coffee', price: 8.5, stock: 7 },
    ],
  ] as const)('the %s service', (service, noun, path, given, other) => {
    test('enters, shows, replaces and removes (T004-9)', async () => {
      const entered = await shop.call<{ id: number }>('POST', service, path, given)
      expect(entered).toMatchObject({ status: 200 })
      const { id } = entered.body
      expect(entered.body).toEqual({ id, ...given })
      expect(await shop.read(service, `${path}/${id}`)).toEqual({ id, ...given })
      expect(await shop.read(service, path)).toContainEqual({ id, ...given })
      expect(await shop.call('PUT', service, `${path}/${id}`, other)).toMatchObject({
        status: 200,
        body: { id, ...other },
      })
      expect(await shop.read(service, `${path}/${id}`)).toEqual({ id, ...other })
      expect(await shop.call('DELETE', service, `${path}/${id}`)).toMatchObject({
        status: 200,
        body: { message: `${noun} deleted successfully` },
      })
      for (const [method, body] of [['GET'], ['PUT', given], ['DELETE']] as const)
        expect(await shop.call(method, service, `${path}/${id}`, body)).toMatchObject({
          status: 404,
          body: { detail: `${noun} not found` },
        })
    })
  })

  describe('an order of the order service', () => {
    test('that was entered there has no saga: it stays PROCESSING, and may be removed', async () => {
      const { body: order } = await shop.call<Order>('POST', services.order, '/orders', {
        product_id: 1,
        owner_id: 1,
        quantity: 1,
      })
      expect(order).toEqual({ id: expect.any(Number), product_id: 1, owner_id: 1, quantity: 1, status: 'PROCESSING' })
      expect(await shop.read(services.order, '/orders')).toContainEqual(order)
      expect(await shop.call('GET', services.orchestrator, `/sagas/order/${order.id}`)).toMatchObject({ status: 404 })
      expect(await shop.call('DELETE', services.order, `/orders/${order.id}`)).toMatchObject({
        status: 200,
        body: { message: 'Order deleted successfully' },
      })
      for (const method of ['GET', 'DELETE'])
        expect(await shop.call(method, services.order, `/orders/${order.id}`)).toMatchObject({
          status: 404,
          body: { detail: 'Order not found' },
        })
    })

    test('cannot be removed while its saga is running, and can after', async () => {
      await shop.enterUser()
      const { id: owner_id } = await shop.enterUser()
      await shop.running.end(services.user)
      const placed = await shop.place({ owner_id })
      const removing = () => shop.call('DELETE', services.order, `/orders/${placed.order_id}`)
      expect(await removing()).toMatchObject({ status: 409, body: { detail: expect.stringContaining('running') } })
      await shop.running.start(services.user)
      expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
      expect(await removing()).toMatchObject({ status: 200 })
    })
  })

  test.runIf(outages)(
    'while the order service is away an order is refused with 503, its intent closed, and the same key begins anew',
    async () => {
      const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
      const wanted = { owner_id: user.id, product_id: product.id, quantity: 1 }
      const key = { 'Idempotency-Key': crypto.randomUUID() }
      await shop.running.end(services.order)
      expect(await shop.call('POST', services.orchestrator, '/orders', wanted, key)).toMatchObject({
        status: 503,
        body: { detail: 'The order service does not answer at present' },
      })
      const newest = async () => {
        const sagas = await shop.read<Placed[]>(services.orchestrator, '/sagas?limit=100')
        return sagas.at(-1)!
      }
      const closed = await newest()
      expect(closed).toMatchObject({ status: 'FAILED', current_step: 'INIT', order_id: null })
      await shop.running.start(services.order)

      const placed = await shop.place(wanted, key)
      expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
      expect(await shop.keysHeard(closed, 0)).toEqual([])
      expect([await shop.balance(user), await shop.stock(product)]).toEqual([90, 4])
    },
  )

  test.runIf(outages)('what is sent to a service that is down waits for it', async () => {
    const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
    await shop.running.end(services.product)
    const placed = await shop.place({ owner_id: user.id, product_id: product.id })
    await shop.isAt(placed, 'CHECK_STOCK')
    expect(await shop.order(placed)).toMatchObject({ status: 'PROCESSING' })
    await shop.running.start(services.product)
    expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
  })

  test('amounts are exact to the cent', async () => {
    const [user, product] = [await shop.enterUser(0.3), await shop.enterProduct({ price: 0.1 })]
    const placed = await shop.place({ owner_id: user.id, product_id: product.id, quantity: 3 })
    expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
    expect(await shop.balance(user)).toBe(0)
  })

  test('what costs nothing needs no balance', async () => {
    const [user, product] = [await shop.enterUser(0), await shop.enterProduct({ price: 0 })]
    const placed = await shop.place({ owner_id: user.id, product_id: product.id })
    expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
    expect([await shop.balance(user), await shop.stock(product)]).toEqual([0, 3])
  })

  describe('somebody who knows the documentation alone', () => {
    const said = (sagaId: string, service: string, action: string, payload: object, compensating = false) => ({
      key: `saga.${sagaId}.command.${service}.${action}`,
      body: JSON.stringify({
        ...{ sagaId, correlationId: `of ${sagaId}`, payload },
        ...{ timestamp: new Date().toISOString(), service, action, compensating },
      }),
    })

    test('is answered as documented, and what was taken for a saga is given back once', async () => {
      const [user, sagaId] = [await shop.enterUser(), crypto.randomUUID()]
      const owed = { owner_id: user.id, amount: 30, order_id: 7 }
      const debit = said(sagaId, 'user', 'update_balance', owed)
      await shop.running.send(debit.key, debit.body)
      const [, answer] = await shop.heard({ saga_id: sagaId }, 2)
      expect(answer).toMatchObject({
        key: 'event.user.update_balance.success',
        body: { correlationId: `of ${sagaId}`, payload: { status: 'SUCCESS', payload: owed }, compensating: false },
      })
      expect(await shop.balance(user)).toBe(70)

      const refund = said(sagaId, 'user', 'update_balance', { ...owed, amount: -30 }, true)
      for (let times = 1; times <= 3; times += 1) {
        await shop.running.send(refund.key, refund.body)
        expect((await shop.heard({ saga_id: sagaId }, 2 + 2 * times)).at(-1)!.body).toMatchObject({
          compensating: true,
        })
        expect(await shop.balance(user)).toBe(100)
      }
    })

    test('is given back nothing that was not taken', async () => {
      const [user, sagaId] = [await shop.enterUser(), crypto.randomUUID()]
      const refund = said(sagaId, 'user', 'update_balance', { owner_id: user.id, amount: -30, order_id: 7 }, true)
      await shop.running.send(refund.key, refund.body)
      expect((await shop.heard({ saga_id: sagaId }, 2))[1]!.body.payload).toMatchObject({ status: 'SUCCESS' })
      expect(await shop.balance(user)).toBe(100)
    })

    test.each<[string, string, string, object, boolean, string]>([
      ['a debit below nothing', 'user', 'update_balance', { owner_id: 1, amount: -5, order_id: 7 }, false, 'amount'],
      ['a refund above nothing', 'user', 'update_balance', { owner_id: 1, amount: 5, order_id: 7 }, true, 'amount'],
      ['parts of a cent', 'user', 'check_balance', { owner_id: 1, amount: 0.001, order_id: 7 }, false, 'two decimals'],
      ['no product', 'product', 'check_stock', { quantity: 1, order_id: 7 }, false, 'product_id: is missing'],
      ['a status that there is not', 'order', 'update_status', { order_id: 7, status: 'PAID' }, false, 'status'],
    ])(
      'has %s answered as failed, and finds it among the dead letters',
      async (_what, service, action, payload, compensating, why) => {
        const sagaId = crypto.randomUUID()
        const { key, body } = said(sagaId, service, action, payload, compensating)
        await shop.running.send(key, body)
        expect(await shop.deadLetter(service, body)).toContain(why)
        expect((await shop.heard({ saga_id: sagaId }, 2))[1]).toMatchObject({
          key: `event.${service}.${action}.failed`,
          body: { payload: { status: 'FAILED', reason: expect.any(String) } },
        })
      },
    )

    test.each([-1, 0])('is refused a quantity of %d', async quantity => {
      const [product, sagaId] = [await shop.enterProduct(), crypto.randomUUID()]
      for (const action of ['check_stock', 'update_stock']) {
        const { key, body } = said(sagaId, 'product', action, { product_id: product.id, quantity, order_id: 7 })
        await shop.running.send(key, body)
      }
      await eventually(async () => {
        const heard = await shop.heard({ saga_id: sagaId }, 4)
        const answers = heard.filter(({ body }) => body.result !== undefined)
        expect(answers.map(({ body }) => body.payload['reason'])).toEqual(['Insufficient stock', 'Insufficient stock'])
      })
      expect(await shop.stock(product)).toBe(5)
    })

    test('does not end the order of another saga', async () => {
      const placed = await shop.place()
      await shop.ended(placed)
      const sagaId = crypto.randomUUID()
      const { key, body } = said(sagaId, 'order', 'update_status', { order_id: placed.order_id, status: 'FAILED' })
      await shop.running.send(key, body)
      expect((await shop.heard({ saga_id: sagaId }, 2))[1]!.body.payload).toMatchObject({ reason: 'Order not found' })
      expect(await shop.order(placed)).toMatchObject({ status: 'SUCCESS' })
    })
  })

  describe('a message that comes again', () => {
    test('is the same message: nothing is done twice', async () => {
      const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
      const placed = await shop.place({ owner_id: user.id, product_id: product.id })
      await shop.ended(placed)
      for (const { key, body } of await shop.heard(placed, 10))
        await shop.running.send(`saga.${placed.saga_id}.${key}`, JSON.stringify(body))
      // What comes after it has been handled, so has it.
      await shop.ended(await shop.place({ owner_id: user.id, product_id: product.id, quantity: 1 }))
      expect([await shop.balance(user), await shop.stock(product)]).toEqual([70, 2])
      expect(await shop.saga(placed)).toMatchObject({ status: 'COMPLETED', current_step: 'DONE' })
    })

    test('with another body is a dead letter, IDENTITY_REUSED, and changes nothing', async () => {
      const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
      const placed = await shop.place({ owner_id: user.id, product_id: product.id })
      await shop.ended(placed)
      const heard = await shop.heard(placed, 10)
      const spoiled: [number, string, object][] = [
        [4, services.user, { amount: 50 }],
        [6, services.product, { quantity: 1 }],
        [8, services.order, { reason: 'Changed' }],
        [5, services.orchestrator, { payload: 'other' }],
      ]
      for (const [at, service, other] of spoiled) {
        const { key, body } = heard[at]!
        const changed = JSON.stringify({ ...body, payload: { ...body.payload, ...other } })
        await shop.running.send(`saga.${placed.saga_id}.${key}`, changed)
        expect(await shop.deadLetter(service, changed)).toContain('IDENTITY_REUSED')
      }
      expect([await shop.balance(user), await shop.stock(product)]).toEqual([80, 3])
    })
  })

  test('what cannot be read is a dead letter with the reason, on every queue, and holds up nobody', async () => {
    const good = {
      ...{ sagaId: 'some', correlationId: 'some', payload: {}, timestamp: new Date().toISOString() },
      ...{ compensating: false },
    }
    const spoiled: [service: string, address: string, body: unknown, reason: string][] = []
    for (const [service, action] of [
      [services.user, 'check_balance'],
      [services.product, 'check_stock'],
      [services.order, 'update_status'],
    ] as const) {
      const address = `command.${service}.${action}`
      spoiled.push(
        [service, address, `{"by": "${crypto.randomUUID()}"`, 'not JSON'],
        [service, address, { ...good, service, action, payload: [1] }, 'payload'],
        [service, address, { ...good, service, action, sagaId: 'an other' }, 'sagaId'],
        [service, address, { ...good, service, action, sagaId: 'other' }, 'routing key'],
        [service, address, { ...good, service, action, timestamp: 'yesterday' }, 'timestamp'],
        [service, `command.${service}.guess`, { ...good, service, action: 'guess' }, `${service}.guess`],
        [service, address, { ...good, service, action, payload: { note: 'x'.repeat(300_000) } }, 'MESSAGE_TOO_LARGE'],
      )
    }
    const event = {
      ...good,
      service: 'user',
      action: 'check_balance',
      result: 'success',
      payload: { status: 'SUCCESS' },
    }
    spoiled.push(
      [services.orchestrator, 'event.user.check_balance.success', `"${crypto.randomUUID()}"`, 'body'],
      [services.orchestrator, 'event.user.check_balance.failed', event, 'routing key'],
      [services.orchestrator, 'event.user.check_balance.maybe', { ...event, result: 'maybe' }, 'result'],
      [
        services.orchestrator,
        'event.user.check_balance.success',
        { ...event, payload: { status: 'FAILED' } },
        'status',
      ],
      [
        services.orchestrator,
        'event.product.check_stock.success',
        { ...event, service: 'product', action: 'check_stock', payload: { status: 'SUCCESS', total_price: 'much' } },
        'total_price',
      ],
    )
    const sent = spoiled.map(([service, address, body, reason]) => ({
      ...{ service, address, reason },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }))
    for (const { address, body } of sent) await shop.running.send(`saga.some.${address}`, body)
    expect(await shop.ended(await shop.place())).toMatchObject({ status: 'COMPLETED' })
    for (const { service, body, reason } of sent) expect(await shop.deadLetter(service, body)).toContain(reason)
  })

  test('an order that has ended stays as it is, whatever comes late', async () => {
    const placed = await shop.place({ quantity: 6 })
    await shop.ended(placed)
    const [, , fail] = await shop.heard(placed, 4)
    const late = { ...fail!.body, compensating: false, payload: { order_id: placed.order_id, status: 'SUCCESS' } }
    await shop.running.send(`saga.${placed.saga_id}.command.order.update_status`, JSON.stringify(late))
    const heard = await shop.heard(placed, 6)
    expect(heard.at(-1)).toMatchObject({
      key: 'event.order.update_status.failed',
      body: { payload: { reason: 'Order is FAILED' } },
    })
    expect(await shop.order(placed)).toMatchObject({ status: 'FAILED' })
    expect(await shop.saga(placed)).toMatchObject({ status: 'FAILED' })
  })

  test.runIf(outages).each(Object.values(services))(
    'ten users order at once, and the %s service ends and starts again meanwhile: every order ends once, and all is counted',
    async service => {
      const users = await Promise.all(Array.from({ length: 10 }, () => shop.enterUser(50)))
      const product = await shop.enterProduct({ stock: 20 })
      const orders = users.flatMap(({ id }) =>
        [1, 3, 2].map(quantity => ({ owner_id: id, product_id: product.id, quantity })),
      )
      const placing = Promise.all(orders.map(order => placedInTheEnd(order)))
      await eventually(() =>
        expect(
          shop.running.heard.filter(({ body }) => body.includes(`"product_id":${product.id},`)).length,
        ).toBeGreaterThan(8),
      )
      await shop.running.end(service)
      await shop.running.start(service)
      const placed = await placing

      const ended = await Promise.all(placed.map(order => inTheEnd(() => shop.ended(order))))
      expect(new Set(placed.map(({ order_id }) => order_id)).size).toBe(orders.length)
      const shown = await Promise.all(placed.map(order => shop.order(order)))
      expect(shown.map(({ status }) => status)).toEqual(
        ended.map(({ status }) => (status === 'COMPLETED' ? 'SUCCESS' : 'FAILED')),
      )
      const bought = shown.filter(({ status }) => status === 'SUCCESS')
      const sum = (of: readonly Order[]) => of.reduce((total, { quantity }) => total + quantity, 0)
      expect(sum(bought)).toBeGreaterThan(0)
      expect(await shop.stock(product)).toBe(20 - sum(bought))
      for (const user of users) expect(await shop.balance(user)).toBe(50 - 10 * sum(boughtBy(user, bought)))
      // Of those that were refused too: none is left that nobody ends.
      await eventually(async () =>
        expect((await shop.ordersOf(product)).filter(({ status }) => status === 'PROCESSING')).toEqual([]),
      )
    },
    120_000,
  )

  /** Places an order with a key, as often as it takes. */
  function placedInTheEnd(order: Wanted): Promise<Placed> {
    const key = { 'Idempotency-Key': crypto.randomUUID() }
    return inTheEnd(() => shop.place(order, key))
  }
}

/** Whatever is away for a while: a call that a process did not finish is made again when its lease is over. */
function inTheEnd<Result>(look: () => Promise<Result>): Promise<Result> {
  return vi.waitFor(look, { timeout: 60_000, interval: 100 })
}

function boughtBy({ id }: User, orders: readonly Order[]): readonly Order[] {
  return orders.filter(({ owner_id }) => owner_id === id)
}
