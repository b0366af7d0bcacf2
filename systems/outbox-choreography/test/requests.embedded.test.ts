import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ToldOrder } from '../messages.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'
import { embeddedShop } from './embedded-shop.ts'
import { Shop } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = new Shop(await embeddedShop())
})
afterAll(() => shop?.running.stop())

const orders = '/api/v1/orders/'
const required = 'This field is required.'
const long = 'Ensure this field has no more than 20 characters.'

describe('a POST of an order that is not one', () => {
  test.each<[string, unknown, object]>([
    ['a list', [], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
    ['a text', '"order"', { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] }],
    ['a number', '7', { non_field_errors: ['Invalid data. Expected a dictionary, but got int.'] }],
    ['null', 'null', { non_field_errors: ['No data provided'] }],
    [
      'nothing in it',
      {},
      { customer_id: [required], product_id: [required], amount: [required], quantity: [required] },
    ],
    ...['customer_id', 'product_id', 'amount'].flatMap((field): [string, unknown, object][] => [
      [`no ${field}`, { ...documentedOrder, [field]: undefined }, { [field]: [required] }],
      [`null for ${field}`, { ...documentedOrder, [field]: null }, { [field]: ['This field may not be null.'] }],
      [`a blank ${field}`, { ...documentedOrder, [field]: '  ' }, { [field]: ['This field may not be blank.'] }],
      [`true for ${field}`, { ...documentedOrder, [field]: true }, { [field]: ['Not a valid string.'] }],
      [`a list for ${field}`, { ...documentedOrder, [field]: ['1'] }, { [field]: ['Not a valid string.'] }],
      [`a ${field} of 21 characters`, { ...documentedOrder, [field]: '1'.repeat(21) }, { [field]: [long] }],
      [`a NUL in ${field}`, { ...documentedOrder, [field]: 'a\0b' }, { [field]: ['Null characters are not allowed.'] }],
      [
        `half a character in ${field}`,
        { ...documentedOrder, [field]: 'a\ud83d' },
        { [field]: ['Surrogate characters are not allowed.'] },
      ],
    ]),
    ['an amount in words', { ...documentedOrder, amount: 'ten' }, { amount: ['A valid number is required.'] }],
    ['an amount of 1e30', { ...documentedOrder, amount: 1e30 }, { amount: ['A valid number is required.'] }],
    ['an amount of nothing', { ...documentedOrder, amount: 0 }, { amount: ['Ensure this value is greater than 0.'] }],
    ['a negative amount', { ...documentedOrder, amount: '-5' }, { amount: ['Ensure this value is greater than 0.'] }],
    [
      'parts of a cent',
      { ...documentedOrder, amount: '1.005' },
      { amount: ['Ensure that there are no more than 2 decimal places.'] },
    ],
    ['no quantity', { ...documentedOrder, quantity: undefined }, { quantity: [required] }],
    ['null for quantity', { ...documentedOrder, quantity: null }, { quantity: ['This field may not be null.'] }],
    ['a quantity in words', { ...documentedOrder, quantity: 'two' }, { quantity: ['A valid integer is required.'] }],
    ['half a product', { ...documentedOrder, quantity: 1.5 }, { quantity: ['A valid integer is required.'] }],
    ['true for quantity', { ...documentedOrder, quantity: true }, { quantity: ['A valid integer is required.'] }],
    [
      'a quantity of 0',
      { ...documentedOrder, quantity: 0 },
      { quantity: ['Ensure this value is greater than or equal to 1.'] },
    ],
    [
      'a negative quantity',
      { ...documentedOrder, quantity: -1 },
      { quantity: ['Ensure this value is greater than or equal to 1.'] },
    ],
    [
      'more than anybody has',
      { ...documentedOrder, quantity: 2_147_483_648 },
      { quantity: ['Ensure this value is less than or equal to 2147483647.'] },
    ],
    [
      'several faults',
      { customer_id: '1', product_id: '', amount: 1, quantity: 0 },
      {
        product_id: ['This field may not be blank.'],
        quantity: ['Ensure this value is greater than or equal to 1.'],
      },
    ],
  ])('%s: 400, each field with its fault, and nothing is left behind', async (_name, body, faults) => {
    const before = await shop.orders()
    expect(await shop.call('POST', services.order, orders, body)).toMatchObject({ status: 400, body: faults })
    expect(await shop.orders()).toEqual(before)
  })

  test('no JSON: 400 with a detail', async () => {
    const { status, body } = await shop.call('POST', services.order, orders, '{"customer_id": # one')
    expect({ status, body }).toEqual({ status: 400, body: { detail: expect.stringMatching(/^JSON parse error - /) } })
  })

  test('another media type: 415 with a detail', async () => {
    const form = { 'Content-Type': 'text/csv' }
    const { status, body } = await shop.call('POST', services.order, orders, 'customer_id=1', form)
    expect({ status, body }).toEqual({
      status: 415,
      body: { detail: 'Unsupported media type "text/csv" in request.' },
    })
  })

  test('too large: 413 with a detail', async () => {
    const { status, body } = await shop.call('POST', services.order, orders, { note: 'x'.repeat(100_000) })
    expect({ status, body }).toEqual({ status: 413, body: { detail: 'The request is too large.' } })
  })
})

test('numbers are taken as texts, and a quantity as a text as a number', async () => {
  const { status, body } = await shop.call<ToldOrder>('POST', services.order, orders, {
    customer_id: 7,
    product_id: ' 2 ',
    amount: 10.5,
    quantity: '1',
    note: 'ignored',
  })
  expect(status).toBe(201)
  expect(body).toEqual({
    order_id: expect.any(Number),
    customer_id: '7',
    product_id: '2',
    amount: '10.5',
    quantity: 1,
    status: 'created',
  })
  expect(await shop.ended(body)).toBe('payment_confirmed')
})

describe('paths', () => {
  test.each([
    [services.order, '/api/v1/orders'],
    [services.order, '/api/v1/orders/1'],
    [services.order, '/api/v1/notifications'],
    [services.stock, '/api/v1/stocks'],
    [services.stock, '/api/v1/reservations'],
    [services.payment, '/api/v1/payments'],
  ])('%s sends a GET of %s to the one with a slash, and refuses other methods there', async (service, path) => {
    const redirected = await shop.call('GET', service, `${path}?page=1`)
    expect(redirected.status).toBe(301)
    expect(redirected.headers.get('Location')).toBe(`${path}/?page=1`)
    const behindGateway = await shop.call('GET', service, path, undefined, { 'X-Forwarded-Prefix': `/${service}/` })
    expect(behindGateway.headers.get('Location')).toBe(`/${service}${path}/`)
    expect(await shop.call('POST', service, path, documentedOrder)).toMatchObject({
      status: 404,
      body: { detail: 'Not found.' },
    })
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const refused = await shop.call(method, service, `${path}/`, 'x', { 'Content-Type': 'text/plain' })
      expect(refused).toMatchObject({ status: 405, body: { detail: `Method "${method}" not allowed.` } })
      expect(refused.headers.get('Allow')).toMatch(/^GET/)
    }
  })

  test.each([
    '/',
    '/api/v1/',
    '/api/v1/orders/4711/',
    '/api/v1/orders/one/',
    '/api/v1/orders/1%20/',
    '/api/v1/orders/%00/',
    '/api/v1/orders/99999999999999999999/',
    '/api/v1/stocks/',
  ])('GET %s of the order service is not found', async path => {
    expect(await shop.call('GET', services.order, path)).toMatchObject({
      status: 404,
      body: { detail: 'Not found.' },
    })
  })

  test('one that cannot be decoded is a bad request with a detail', async () => {
    const { status, body } = await shop.call('GET', services.order, '/api/v1/orders/%ff/')
    expect({ status, body }).toEqual({ status: 400, body: { detail: expect.any(String) } })
  })
})

test('the id that a request has at the gateway travels with every message that follows', async () => {
  const headers = { 'X-Correlation-ID': 'from-the-gateway' }
  const wanted = { ...documentedOrder, amount: 2_000 }
  const { body } = await shop.call<ToldOrder>('POST', services.order, orders, wanted, headers)
  await shop.ended(body)
  const told = ['stock.v1', 'payment.v1', 'order.v1'].flatMap(key => shop.told(key, body.order_id))
  expect(new Set(told.map(({ headers }) => headers['dop-correlation-id']))).toEqual(new Set(['from-the-gateway']))
})

test.each(Object.values(services))('%s shows how it is, what it counts and what it answers', async service => {
  const get = (path: string) => fetch(`${shop.running.urlOf(service)}${path}`)
  expect((await get('/livez')).status).toBe(200)
  expect(await (await get('/readyz')).json()).toMatchObject({ ready: true })
  expect(await (await get('/metrics')).text()).toContain('process_cpu_seconds_total')
  expect((await get('/docs')).status).toBe(200)
  const { openapi, paths } = (await (await get('/openapi.json')).json()) as { openapi: string; paths: object }
  expect(openapi).toBe('3.1.0')
  expect(Object.keys(paths).filter(path => path.startsWith('/api/'))).toEqual(documentedPaths[service])
})

const documentedPaths = {
  order: ['/api/v1/orders/', '/api/v1/orders/{order_id}/', '/api/v1/notifications/'],
  stock: ['/api/v1/stocks/', '/api/v1/reservations/'],
  payment: ['/api/v1/payments/'],
}
