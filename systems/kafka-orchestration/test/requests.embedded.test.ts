import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'
import { embeddedShop } from './embedded-shop.ts'
import { Shop } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = new Shop(await embeddedShop())
})
afterAll(() => shop?.running.stop())

const orders = '/api/v1/orders'

function refusal(status: number, error: string, message: string, path = orders) {
  const body = { timestamp: expect.stringMatching(/^\d{4}-/), status, error, message: expect.any(String), path }
  return { status, body: { ...body, message: expect.stringContaining(message) } }
}

describe('a POST of an order that is not one is a 400 that names the field, and leaves nothing behind', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', '{"userID": #', 'JSON parse error'],
    ['null', 'null', 'userID'],
    ['a list', '[1]', 'JSON object'],
    ['a text', '"order"', 'JSON object'],
    ['no user', { productID: 1 }, 'userID is missing'],
    ['no product', { userID: 1 }, 'productID is missing'],
    ['a product that is null', { ...documentedOrder, productID: null }, 'productID is missing'],
    ['a user in words', { ...documentedOrder, userID: 'Alice' }, 'userID must be'],
    ['half a product', { ...documentedOrder, productID: 1.5 }, 'productID must be'],
    ['a user beyond all', { ...documentedOrder, userID: 2 ** 31 }, 'userID must be'],
    ['an order that is a number', { ...documentedOrder, orderID: 7 }, 'orderID must be a UUID'],
    ['an order in words', { ...documentedOrder, orderID: 'the first' }, 'orderID must be a UUID'],
    ['an order without an end', { ...documentedOrder, orderID: `${crypto.randomUUID()}0` }, 'orderID must be a UUID'],
  ])('%s', async (_name, body, message) => {
    expect(await shop.call('POST', services.order, orders, body)).toMatchObject(refusal(400, 'Bad Request', message))
    expect(await shop.read(services.order, orders)).toEqual([])
  })

  test('nothing at all', async () => {
    expect(await shop.call('POST', services.order, orders)).toMatchObject(refusal(400, 'Bad Request', 'JSON object'))
  })
})

test('what is not JSON by its own word is a 415', async () => {
  const headers = { 'Content-Type': 'text/plain' }
  expect(await shop.call('POST', services.order, orders, 'hello', headers)).toMatchObject(
    refusal(415, 'Unsupported Media Type', 'Unsupported'),
  )
})

test('what is too large is a 413', async () => {
  expect(
    await shop.call('POST', services.order, orders, { ...documentedOrder, note: 'x'.repeat(20_000) }),
  ).toMatchObject(refusal(413, 'Payload Too Large', ''))
})

test('an unknown order is a 404, and an id that is none a 400', async () => {
  const unknown = `${orders}/${crypto.randomUUID()}`
  expect(await shop.call('GET', services.order, unknown)).toMatchObject(refusal(404, 'Not Found', 'order', unknown))
  expect(await shop.call('GET', services.order, `${orders}/first`)).toMatchObject(
    refusal(400, 'Bad Request', 'UUID', `${orders}/first`),
  )
})

test('what leads nowhere is a 404, with another method a 405 that says which there are', async () => {
  expect(await shop.call('GET', services.order, '/nowhere?at=all')).toMatchObject(
    refusal(404, 'Not Found', '', '/nowhere'),
  )
  const { status, body, headers } = await shop.call('DELETE', services.order, orders)
  expect({ status, body }).toMatchObject(refusal(405, 'Method Not Allowed', 'DELETE'))
  expect(headers.get('allow')).toBe('POST, GET, HEAD')
  expect(await shop.call('GET', services.orchestrator, orders)).toMatchObject({ status: 404 })
})

test('every service tells how it is, and what it answers', async () => {
  for (const service of Object.values(services)) {
    await eventually(async () => expect((await shop.call('GET', service, '/readyz')).status).toBe(200))
    for (const path of ['/livez', '/metrics', '/docs', '/openapi.json']) {
      expect(await shop.call('GET', service, path)).toMatchObject({ status: 200 })
    }
  }
})

test('messages that were sent before the first start of who reads them wait for it', async () => {
  const early = new Shop(await embeddedShop([services.order]))
  try {
    const placed = await early.place(documentedOrder)
    for (const service of [services.orchestrator, services.stock, services.payment]) await early.running.start(service)
    expect(await early.ended(placed)).toMatchObject({ status: 'ORDER_COMPLETED' })
  } finally {
    await early.running.stop()
  }
})
