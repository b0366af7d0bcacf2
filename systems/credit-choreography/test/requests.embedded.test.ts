import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'
import { type EmbeddedShop, embeddedShop } from './embedded-shop.ts'
import { Shop } from './shop.ts'

let running: EmbeddedShop
let shop: Shop
beforeAll(async () => {
  running = await embeddedShop()
  shop = new Shop(running)
})
afterAll(() => running?.stop())

describe('a POST of an order that is not one is a 422 that names the field, and leaves nothing behind', () => {
  const order = documentedOrder
  const without = (name: string) => Object.fromEntries(Object.entries(order).filter(([field]) => field !== name))
  const statuses = "'pending', 'confirmed', 'cancelled' or 'completed'"

  test.each<[string, unknown, object]>([
    ['no body', undefined, { type: 'missing', loc: ['body'], msg: 'Field required', input: null }],
    ['null', 'null', { type: 'missing', loc: ['body'], input: null }],
    [
      'no JSON',
      '{"customer_id": #',
      { type: 'json_invalid', loc: ['body', expect.any(Number)], msg: 'JSON decode error' },
    ],
    ['a list', '[1]', { type: 'model_attributes_type', loc: ['body'], input: [1] }],
    ['a text', '"order"', { type: 'model_attributes_type', loc: ['body'], input: 'order' }],
    ...Object.keys(order).map((name): [string, unknown, object] => [
      `no ${name}`,
      without(name),
      { type: 'missing', loc: ['body', name], msg: 'Field required', input: without(name) },
    ]),
    ['a customer in words', { ...order, customer_id: 'Alice' }, wrong('customer_id', 'int_parsing')],
    ['no customer at all', { ...order, customer_id: null }, wrong('customer_id', 'int_type')],
    ['a customer beyond all', { ...order, customer_id: 2 ** 31 }, wrong('customer_id', 'less_than_equal')],
    ['a list of products', { ...order, product_id: [1] }, wrong('product_id', 'int_type')],
    ['half a product', { ...order, product_id: 1.5 }, wrong('product_id', 'int_from_float')],
    [
      'a status that there is not',
      { ...order, status: 'paid' },
      { ...wrong('status', 'enum'), msg: `Input should be ${statuses}`, ctx: { expected: statuses }, input: 'paid' },
    ],
    [
      'nothing of it',
      { ...order, quantity: 0 },
      { ...wrong('quantity', 'greater_than_equal'), msg: 'Input should be greater than or equal to 1', ctx: { ge: 1 } },
    ],
    ['less than nothing', { ...order, quantity: -1 }, { ...wrong('quantity', 'greater_than_equal'), input: -1 }],
    ['more than anybody has', { ...order, quantity: 1e300 }, wrong('quantity', 'less_than_equal')],
    ['true', { ...order, quantity: true }, wrong('quantity', 'int_type')],
    ['a negative price', { ...order, total_price: -0.01 }, wrong('total_price', 'greater_than_equal')],
    ['a price in words', { ...order, total_price: 'ten' }, wrong('total_price', 'float_parsing')],
    ['parts of a cent', { ...order, total_price: 0.001 }, wrong('total_price', 'decimal_max_places')],
    ['a price beyond all', { ...order, total_price: 1e8 }, wrong('total_price', 'less_than_equal')],
  ])('%s', async (_name, body, issue) => {
    const before = await shop.read(services.orders, '/orders/')
    const answer = await shop.call('POST', services.orders, '/orders/', body)
    expect(answer).toMatchObject({ status: 422, body: { detail: [issue] } })
    expect((answer.body as { detail: object[] }).detail).toHaveLength(1)
    expect(await shop.read(services.orders, '/orders/')).toEqual(before)
  })

  test('that has several things wrong names them all', async () => {
    const body = { customer_id: 'x', status: 'y', quantity: 0, total_price: 1.001 }
    const answer = await shop.call('POST', services.orders, '/orders/', body)
    expect((answer.body as { detail: { loc: string[] }[] }).detail.map(({ loc }) => loc[1])).toEqual([
      'customer_id',
      'product_id',
      'status',
      'quantity',
      'total_price',
    ])
  })

  test('that is too large is a 413', async () => {
    const answer = await shop.call('POST', services.orders, '/orders/', { ...order, note: 'x'.repeat(20_000) })
    expect(answer).toMatchObject({ status: 413, body: { detail: expect.any(String) } })
  })

  function wrong(field: string, type: string) {
    return { type, loc: ['body', field] }
  }
})

test('numbers are taken as text too', async () => {
  const asText = { customer_id: ' 1', product_id: '2', quantity: '3', total_price: '0.10' }
  expect(await shop.place(asText)).toMatchObject({ customer_id: 1, product_id: 2, quantity: 3, total_price: 0.1 })
})

describe('what leads nowhere', () => {
  test('is a 404, with another method a 405', async () => {
    expect(await shop.call('GET', services.orders, '/nowhere')).toMatchObject({
      status: 404,
      body: { detail: 'Not Found' },
    })
    const { status, body, headers } = await shop.call('DELETE', services.orders, '/orders/')
    expect({ status, body }).toEqual({ status: 405, body: { detail: 'Method Not Allowed' } })
    expect(headers.get('allow')).toContain('POST')
    expect(await shop.call('POST', services.orders, '/orders/1')).toMatchObject({ status: 405 })
  })

  test.each([
    ['POST', '/orders', '/orders/'],
    ['GET', '/orders?limit=1', '/orders/?limit=1'],
    ['GET', '/orders/1/', '/orders/1'],
  ])('%s %s but for its slash is sent to %s with a 307', async (method, path, to) => {
    const { status, headers } = await shop.call(method, services.orders, path)
    expect({ status, to: headers.get('location') }).toEqual({ status: 307, to })
  })

  test('a documented call without its slash is placed by whoever follows', async () => {
    const response = await fetch(`${running.urlOf(services.orders)}/orders`, {
      method: 'POST',
      body: JSON.stringify(documentedOrder),
    })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ status: 'pending' })
  })

  test.each([
    [services.orders, '/orders/1000000', 'Order not found'],
    [services.customers, '/customers/1000000', 'Customer not found'],
  ])('%s %s: %s', async (service, path, detail) => {
    expect(await shop.call('GET', service, path)).toMatchObject({ status: 404, body: { detail } })
  })

  test.each([
    [services.orders, '/orders/first', ['path', 'order_id']],
    [services.customers, '/customers/1.5', ['path', 'customer_id']],
    [services.customers, '/payments/?limit=101', ['query', 'limit']],
    [services.orders, '/orders/?skip=-1', ['query', 'skip']],
  ])('%s %s is a 422 that names it', async (service, path, loc) => {
    expect(await shop.call('GET', service, path)).toMatchObject({ status: 422, body: { detail: [{ loc }] } })
  })

  test('is in the same shape even where the URL cannot be read', async () => {
    expect(await shop.call('GET', services.orders, '/%zz')).toMatchObject({
      status: 400,
      body: { detail: expect.any(String) },
    })
  })
})

describe('readers find', () => {
  test('the documented products, as they were: nothing is taken from their stock', async () => {
    await shop.ended(await shop.place({ total_price: 0 }))
    expect(await shop.read(services.orders, '/products/')).toEqual([
      { id: 1, name: 'Laptop', description: null, price: 1203, stock: 10 },
      { id: 2, name: 'Smartphone', description: null, price: 800, stock: 20 },
      { id: 3, name: 'Headphones', description: null, price: 150, stock: 30 },
    ])
  })

  test('orders and payments newest first, a page at a time', async () => {
    const [older, newer] = [await shop.place({ total_price: 0 }), await shop.place({ total_price: 0 })]
    const page = await shop.read<{ id: number }[]>(services.orders, '/orders/?limit=2')
    expect(page.map(({ id }) => id)).toEqual([newer.id, older.id])
    expect(await shop.read(services.orders, '/orders/?limit=1&skip=1')).toMatchObject([{ id: older.id }])
  })

  test.each([services.orders, services.customers])('health, metrics and documentation of %s', async service => {
    expect(await shop.call('GET', service, '/livez')).toMatchObject({ status: 200 })
    expect(await shop.call('GET', service, '/readyz')).toMatchObject({ status: 200, body: { ready: true } })
    expect((await shop.call('GET', service, '/metrics')).body).toContain(`makegood_dead_letters{service="${service}"}`)
    expect((await shop.call('GET', service, '/docs')).status).toBe(200)
    const paths = service === services.orders ? ['/orders/', '/products/'] : ['/customers/', '/payments/']
    const { body } = await shop.call('GET', service, '/openapi.json')
    expect(Object.keys((body as { paths: object }).paths)).toEqual(expect.arrayContaining(paths))
  })

  test('the choreography, and both queues of the order service, among what operators see', async () => {
    expect(await shop.read(services.orders, '/operations/definitions')).toMatchObject({
      services: [
        { service: services.orders, choreographies: [{ name: 'credit' }], events: ['order.fulfilled'] },
        { service: services.rejections, events: ['order.rejected'] },
      ],
    })
  })
})

test('dead letters of both queues of the order service are counted and shown, and redriven where they are', async () => {
  const dead = { order_id: 4_000_000, status: 'spoiled' }
  for (const key of ['order.fulfilled', 'order.rejected']) await running.send(key, JSON.stringify(dead))
  await eventually(async () => {
    const { body } = await shop.call('GET', services.orders, '/metrics')
    for (const service of [services.orders, services.rejections])
      expect(body).toContain(`makegood_dead_letters{service="${service}"} 1`)
  })
  const inbox = await shop.read<{ services: { messages: { identity: string }[] }[] }>(
    services.orders,
    '/operations/dead-letters',
  )
  const [fulfilled, rejected] = inbox.services.map(({ messages }) => messages.map(({ identity }) => identity))
  expect(await running.service(services.orders).redrive(fulfilled!)).toEqual(fulfilled)
  expect(await running.service(services.rejections).redrive(rejected!)).toEqual(rejected)
  expect([...fulfilled!, ...rejected!]).toHaveLength(2)
})

test('a database that cannot answer is a 500 in plain text, and tells nothing from inside', async () => {
  const orders = running.service(services.orders)
  await orders.transaction(({ db }) => db.query('alter table orders rename to orders_away'))
  const read = await shop.call('GET', services.orders, '/orders/1')
  const placed = await shop.call('POST', services.orders, '/orders/', documentedOrder)
  await orders.transaction(({ db }) => db.query('alter table orders_away rename to orders'))
  for (const { status, headers, body } of [read, placed]) {
    expect({ status, body }).toEqual({ status: 500, body: 'Internal Server Error' })
    expect(headers.get('content-type')).toContain('text/plain')
  }
})

test('an answer to an order that there is not is a dead letter that says so, not passed over', async () => {
  const [created] = await shop.told(await shop.place(), 1)
  const lost = { ...created!.body, order_id: 5_000_000, status: 'FULFILLED' }
  await running.send('order.fulfilled', JSON.stringify(lost))
  const { inbox } = running.service(services.orders).queries
  await expect
    .poll(async () => (await inbox({ state: 'dead', limit: 10 })).rows.map(({ handling }) => handling.error))
    .toContainEqual(expect.stringContaining('REJECTED: There is no order 5000000'))
})
