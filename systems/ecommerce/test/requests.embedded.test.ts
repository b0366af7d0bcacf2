import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { twoLaptops } from '../system.ts'
import { services } from '../wire.ts'
import { embeddedShop } from './embedded-shop.ts'
import { orderOf, productId, Shop } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = new Shop(await embeddedShop())
})
afterAll(() => shop?.running.stop())

const orders = '/api/v1/orders'
const nobody = '00000000-0000-0000-0000-000000000000'
const item = twoLaptops.items[0]!
const { shipping_address } = twoLaptops

describe('a POST of an order that is not one', () => {
  const customer_id = crypto.randomUUID()
  const order = { ...twoLaptops, customer_id }
  const withItem = (fields: object) => ({ ...order, items: [item, { ...item, ...fields }] })
  const withAddress = (fields: object) => ({ ...order, shipping_address: { ...shipping_address, ...fields } })
  const parseError = (text: string) => ({
    message: 'Invalid request body',
    details: { parse_error: expect.stringContaining(text) },
  })

  test.each<[string, unknown, { message: string; details?: object }]>([
    ['no JSON', '{"customer_id": # two', parseError('JSON')],
    ['an array', '[]', parseError('must be an object')],
    ['a text', '"order"', parseError('must be an object')],
    ['null', 'null', parseError('empty')],
    ['a customer that is no UUID', { ...order, customer_id: 'me' }, parseError('customer_id')],
    ['a customer that is a number', { ...order, customer_id: 7 }, parseError('customer_id')],
    ['no customer', { ...order, customer_id: undefined }, { message: 'Customer ID is required' }],
    ['the customer nobody', { ...order, customer_id: nobody }, { message: 'Customer ID is required' }],
    ['no items', { ...order, items: undefined }, { message: 'At least one item is required' }],
    ['an empty list of items', { ...order, items: [] }, { message: 'At least one item is required' }],
    ['items that are no list', { ...order, items: 'two' }, parseError('items')],
    ['an item that is none', { ...order, items: [7] }, parseError('items[0]')],
    ['too many items', { ...order, items: Array(501).fill(item) }, { message: 'At most 500 items are allowed' }],
    ['a product that is no UUID', withItem({ product_id: 'laptop' }), parseError('items[1].product_id')],
    [
      'no product',
      withItem({ product_id: undefined }),
      { message: 'Invalid product ID', details: { item_index: 1, product_id: null } },
    ],
    [
      'the product nobody',
      withItem({ product_id: nobody }),
      { message: 'Invalid product ID', details: { item_index: 1 } },
    ],
    [
      'a quantity of zero',
      withItem({ quantity: 0 }),
      { message: 'Invalid quantity', details: { item_index: 1, quantity: 0 } },
    ],
    [
      'a negative quantity',
      withItem({ quantity: -3 }),
      { message: 'Invalid quantity', details: { item_index: 1, quantity: -3 } },
    ],
    ['half a product', withItem({ quantity: 1.5 }), parseError('items[1].quantity')],
    ['a quantity in words', withItem({ quantity: '2' }), parseError('items[1].quantity')],
    [
      'more than anybody has',
      withItem({ quantity: 3_000_000_000 }),
      { message: 'Invalid quantity', details: { item_index: 1 } },
    ],
    [
      'a negative price',
      withItem({ price: -0.01 }),
      { message: 'Invalid price', details: { item_index: 1, price: -0.01 } },
    ],
    ['no price', withItem({ price: undefined }), { message: 'Invalid price', details: { item_index: 1 } }],
    [
      'parts of a cent',
      withItem({ price: 9.999 }),
      { message: 'Invalid price', details: { item_index: 1, price: 9.999 } },
    ],
    ['a price in words', withItem({ price: '9.99' }), parseError('items[1].price')],
    ['a price beyond all', withItem({ price: 1e300 }), { message: 'Invalid price' }],
    [
      'a total of zero',
      { ...order, items: [{ ...item, price: 0 }] },
      { message: 'Order total must be greater than zero' },
    ],
    [
      'a total beyond the table',
      withItem({ quantity: 100_000 }),
      { message: 'Order total must be at most 99999999.99' },
    ],
    ['no address (T003-12)', { ...order, shipping_address: undefined }, { message: 'Shipping address is required' }],
    ['an address that is a text', { ...order, shipping_address: 'here' }, parseError('shipping_address')],
    ...(['street', 'city', 'state', 'zip_code', 'country'] as const).flatMap(
      (field): [string, unknown, { message: string; details?: object }][] => [
        [`no ${field}`, withAddress({ [field]: undefined }), { message: `shipping_address.${field} is required` }],
        [`a blank ${field}`, withAddress({ [field]: '  ' }), { message: `shipping_address.${field} is required` }],
        [`a ${field} that is a number`, withAddress({ [field]: 10001 }), parseError(`shipping_address.${field}`)],
        [
          `a ${field} without end`,
          withAddress({ [field]: 'x'.repeat(256) }),
          { message: `shipping_address.${field} must have at most 255 characters` },
        ],
        [`a NUL in the ${field}`, withAddress({ [field]: 'a\0b' }), parseError(`shipping_address.${field}`)],
        [
          `half a character in the ${field}`,
          withAddress({ [field]: 'a\ud83d' }),
          parseError(`shipping_address.${field}`),
        ],
      ],
    ),
  ])('%s: 400, with the reason, and nothing is left behind', async (_name, body, { message, details }) => {
    const answer = await shop.call('POST', services.orders, orders, body)
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({
      success: false,
      message,
      error: {
        code: 'BAD_REQUEST',
        message,
        ...(answer.body.error?.details === undefined ? {} : { details: answer.body.error.details }),
      },
      timestamp: expect.any(String),
      request_id: answer.headers.get('X-Request-ID'),
    })
    if (details !== undefined) expect(answer.body.error?.details).toMatchObject(details)
    expect(await shop.read(services.orders, `/api/v1/customers/${customer_id}/orders`)).toMatchObject({
      orders: [],
      pagination: { total: 0 },
    })
  })

  test('too large a body is refused in the same shape', async () => {
    const answer = await shop.call('POST', services.orders, orders, { ...order, note: 'x'.repeat(200_000) })
    expect(answer).toMatchObject({
      status: 413,
      body: { success: false, message: 'Request body is too large', error: { code: 'PAYLOAD_TOO_LARGE' } },
    })
  })
})

test('the largest order that is taken finds its way through every message', async () => {
  const items = Array.from({ length: 500 }, (_, at) => ({
    ...item,
    product_id: productId((at % 3) + 1),
    quantity: 1,
    price: 0.01,
  }))
  const long = 'Größe €'.padEnd(255, '漢')
  const address = { street: long, city: long, state: long, zip_code: long, country: long }
  const placed = await shop.place({ ...twoLaptops, items, shipping_address: address })
  expect(await shop.ended(placed)).toMatchObject({
    status: 'cancelled',
    failure_reason: 'Price mismatch',
    shipping_address: address,
  })
})

test('a body is read as JSON whatever its content type says, as the documented calls may leave it out', async () => {
  const response = await fetch(`${shop.running.urlOf(services.orders)}${orders}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: JSON.stringify(orderOf({ product: 3, quantity: 1, price: 79.99 })),
  })
  expect(response.status).toBe(201)
})

describe.each([
  [services.orders, `${orders}/:id`, 'Invalid order ID', 'Order not found'],
  [services.orders, `${orders}/:id/saga`, 'Invalid order ID', 'Order not found'],
  [services.payments, `${orders}/:id/payment`, 'Invalid order ID', 'Payment not found'],
  [services.shipping, `${orders}/:id/shipment`, 'Invalid order ID', 'Shipment not found'],
  [services.notifications, `${orders}/:id/notification`, 'Invalid order ID', 'Notification not found'],
  [services.orchestrator, `${orders}/:id/saga`, 'Invalid order ID', 'Saga not found'],
])('%s GET %s', (service, path, invalid, notFound) => {
  test('of what is no UUID is 400 and names it', async () => {
    const { status, body } = await shop.call('GET', service, path.replace(':id', 'abc'))
    expect({ status, ...body }).toMatchObject({
      status: 400,
      success: false,
      message: invalid,
      error: { code: 'BAD_REQUEST' },
    })
    expect(Object.values(body.error?.details ?? {})).toEqual(['abc'])
  })

  test('of what is not there is 404', async () => {
    const { status, body } = await shop.call('GET', service, path.replace(':id', crypto.randomUUID()))
    expect({ status, ...body }).toMatchObject({
      status: 404,
      success: false,
      message: notFound,
      error: { code: 'NOT_FOUND' },
    })
  })
})

test('a customer that is no UUID is 400', async () => {
  const { status, body } = await shop.call('GET', services.orders, '/api/v1/customers/me/orders')
  expect({ status, ...body }).toMatchObject({
    status: 400,
    message: 'Invalid customer ID',
    error: { details: { customer_id: 'me' } },
  })
})

test.each([
  ['GET', '/nowhere'],
  ['DELETE', '/api/v1/orders'],
  ['PUT', '/api/v1/health'],
])('%s %s is no route', async (method, path) => {
  const { status, body } = await shop.call(method, services.orders, path)
  expect({ status, body }).toEqual({ status: 404, body: { success: false, message: 'Route not found' } })
})

test('a URL that cannot be decoded is refused in the same shape', async () => {
  const { status, body } = await shop.call('GET', services.orders, `${orders}/%E0%A4%A`)
  expect({ status, success: body.success }).toEqual({ status: 400, success: false })
})

describe('every answer', () => {
  test('carries the request id of the caller, or a new one', async () => {
    const given = await shop.call('GET', services.orders, '/api/v1/health', undefined, { 'X-Request-ID': 'mine-7' })
    expect([given.body.request_id, given.headers.get('X-Request-ID')]).toEqual(['mine-7', 'mine-7'])
    const made = await shop.call('GET', services.orders, '/api/v1/health')
    expect(made.body.request_id).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('may be read from any origin, but for what operators see', async () => {
    const { headers } = await shop.call('GET', services.orders, '/api/v1/health', undefined, {
      Origin: 'http://example.com',
    })
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*')
    const operations = await fetch(`${shop.running.urlOf(services.orders)}/operations/sagas`, {
      headers: { Origin: 'http://example.com' },
    })
    expect([operations.status, operations.headers.get('Access-Control-Allow-Origin')]).toEqual([200, null])
  })
})

test('the page that places orders is there, and runs nothing that is not its own', async () => {
  const url = shop.running.urlOf(services.orders)
  const page = await fetch(url)
  expect(page.headers.get('Content-Type')).toContain('text/html')
  expect(page.headers.get('Content-Security-Policy')).toContain("script-src 'self'")
  for (const path of ['/page/page.css', '/page/page.js', '/page/surroundings'])
    expect((await fetch(url + path)).status).toBe(200)
  const turned = await fetch(`${url}/page/switches`, { method: 'PUT', body: '{"refundFailureRate": 7}' })
  expect(turned.status).toBe(400)
})

test.each(Object.values(services))('%s shows how it is, what it counts and what it answers', async service => {
  const get = async (path: string) => fetch(`${shop.running.urlOf(service)}${path}`)
  expect((await get('/livez')).status).toBe(200)
  expect(await (await get('/readyz')).json()).toMatchObject({ ready: true })
  expect(await (await get('/metrics')).text()).toContain('process_cpu_seconds_total')
  expect((await get('/docs')).status).toBe(200)
  expect(await (await get('/openapi.json')).json()).toMatchObject({ openapi: '3.1.0', paths: { '/api/v1/health': {} } })
})
