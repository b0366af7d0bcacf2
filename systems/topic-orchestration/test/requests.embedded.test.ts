import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

const user = { name: 'Ada', balance: 100 }
const product = { name: 'Tea', price: 10, stock: 5 }

describe('what is not as it should be is a 422 that names the field, and leaves nothing behind', () => {
  const both = [
    [services.order, '/orders'],
    [services.orchestrator, '/orders'],
  ] as const
  test.each<[service: string, path: string, body: unknown, type: string, loc: (string | number)[]]>([
    ...both.flatMap(([service, path]): [string, string, unknown, string, (string | number)[]][] => [
      [service, path, undefined, 'missing', ['body']],
      [service, path, '{"quantity": #', 'json_invalid', ['body', expect.any(Number)]],
      [service, path, '[1]', 'model_attributes_type', ['body']],
      [service, path, { ...documentedOrder, quantity: undefined }, 'missing', ['body', 'quantity']],
      [service, path, { ...documentedOrder, quantity: 0 }, 'greater_than_equal', ['body', 'quantity']],
      [service, path, { ...documentedOrder, quantity: 1.5 }, 'int_from_float', ['body', 'quantity']],
      [service, path, { ...documentedOrder, quantity: 2 ** 31 }, 'less_than_equal', ['body', 'quantity']],
      [service, path, { ...documentedOrder, product_id: 'tea' }, 'int_parsing', ['body', 'product_id']],
      [service, path, { ...documentedOrder, owner_id: null }, 'int_type', ['body', 'owner_id']],
    ]),
    [services.user, '/users', { name: 'Ada' }, 'missing', ['body', 'balance']],
    [services.user, '/users', { ...user, name: 7 }, 'string_type', ['body', 'name']],
    [services.user, '/users', { ...user, name: 'x'.repeat(201) }, 'string_too_long', ['body', 'name']],
    [services.user, '/users', { ...user, name: 'A\0' }, 'string_unicode', ['body', 'name']],
    [services.user, '/users', { ...user, balance: -0.01 }, 'greater_than_equal', ['body', 'balance']],
    [services.user, '/users', { ...user, balance: 0.001 }, 'decimal_max_places', ['body', 'balance']],
    [services.user, '/users', { ...user, balance: 1e300 }, 'less_than_equal', ['body', 'balance']],
    [services.product, '/products', { ...product, price: 'ten' }, 'float_parsing', ['body', 'price']],
    [services.product, '/products', { ...product, price: -1 }, 'greater_than_equal', ['body', 'price']],
    [services.product, '/products', { ...product, stock: -1 }, 'greater_than_equal', ['body', 'stock']],
    [services.product, '/products', { ...product, stock: 1_000_001 }, 'less_than_equal', ['body', 'stock']],
  ])('%s POST %s %j', async (service, path, body, type, loc) => {
    const listed = service === services.orchestrator ? '/sagas' : path
    const before = await shop.read(service, listed)
    const answer = await shop.call<{ detail: object[] }>('POST', service, path, body)
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ type, loc }] } })
    expect(answer.body.detail).toHaveLength(1)
    expect(await shop.read(service, listed)).toEqual(before)
  })

  test.each([
    [services.user, '/users/Ada', ['path', 'user_id']],
    [services.product, '/products/1.5', ['path', 'product_id']],
    [services.order, '/orders/first', ['path', 'order_id']],
    [services.orchestrator, '/sagas/order/first', ['path', 'order_id']],
    [services.orchestrator, '/sagas?limit=0', ['query', 'limit']],
    [services.orchestrator, '/sagas/%00', ['path', 'saga_id']],
    [services.user, '/users?skip=-1', ['query', 'skip']],
  ])('%s GET %s', async (service, path, loc) => {
    expect(await shop.call('GET', service, path)).toMatchObject({ status: 422, body: { detail: [{ loc }] } })
  })

  test('a key that is none', async () => {
    const headers = { 'Idempotency-Key': 'x'.repeat(201) }
    expect(await shop.call('POST', services.orchestrator, '/orders', documentedOrder, headers)).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['header', 'idempotency-key'] }] },
    })
  })
})

test('the key of an order at the order service is that of one order', async () => {
  const headers = { 'Idempotency-Key': crypto.randomUUID() }
  const enter = (order: object) => shop.call('POST', services.order, '/orders', order, headers)
  const first = await enter(documentedOrder)
  expect(await enter(documentedOrder)).toMatchObject({ status: 200, body: first.body as object })
  expect(await enter({ ...documentedOrder, quantity: 3 })).toMatchObject({
    status: 409,
    body: { detail: 'Idempotency-Key was used for another order' },
  })
})

test('sagas come ten at a time, oldest first', async () => {
  for (let number = 0; number < 11; number += 1) await shop.ended(await shop.place())
  const page = await shop.read<{ id: number }[]>(services.orchestrator, '/sagas')
  expect(page).toHaveLength(10)
  const next = await shop.read<{ id: number }[]>(services.orchestrator, '/sagas?skip=10')
  expect(next[0]!.id).toBeGreaterThan(page.at(-1)!.id)
})

describe.each([
  [services.user, 'User Service is running', ['/users', '/users/{user_id}']],
  [services.product, 'Product Service is running', ['/products', '/products/{product_id}']],
  [services.order, 'Order Service is running', ['/orders', '/orders/{order_id}']],
  [
    services.orchestrator,
    'Orchestrator is running',
    ['/orders', '/sagas', '/sagas/{saga_id}', '/sagas/order/{order_id}'],
  ],
])('the %s service', (service, message, paths) => {
  test('says that it runs, and shows health, metrics and documentation', async () => {
    expect(await shop.read(service, '/')).toEqual({ message })
    expect(await shop.call('GET', service, '/livez')).toMatchObject({ status: 200 })
    expect(await shop.call('GET', service, '/readyz')).toMatchObject({ status: 200, body: { ready: true } })
    expect(await shop.read(service, '/metrics')).toContain(`makegood_dead_letters{service="${service}"}`)
    expect((await shop.call('GET', service, '/docs')).status).toBe(200)
    const { paths: described } = await shop.read<{ paths: object }>(service, '/openapi.json')
    expect(Object.keys(described)).toEqual(expect.arrayContaining(paths))
  })

  test('answers what leads nowhere with 404, and with another method 405', async () => {
    expect(await shop.call('GET', service, '/nowhere')).toMatchObject({ status: 404, body: { detail: 'Not Found' } })
    expect(await shop.call('PATCH', service, paths[0]!)).toMatchObject({
      status: 405,
      body: { detail: 'Method Not Allowed' },
    })
  })
})
