import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../runner/test/eventually.ts'
import { started } from '../../../runner/test/started.ts'
import { services } from '../../wire.ts'
import { embeddedShop } from '../embedded-shop.ts'
import type { RunningShop } from '../shop.ts'
import { Visitor } from './visitor.ts'

let shop: RunningShop
const admins = new Map<string, Visitor>()
beforeAll(async () => {
  shop = await embeddedShop()
  for (const name of Object.values(services)) {
    const admin = new Visitor(shop.urlOf(name))
    await admin.signIn()
    admins.set(name, admin)
  }
})
afterAll(() => shop?.stop())

const at = (service: string) => admins.get(service)!
const tables = '/admin/tables'
const placed = async (fields: object) => {
  const seen = await at(services.order).send(`${tables}/orders/add/`, {
    'value.customer_id': '7',
    'value.product_id': '1',
    'value.quantity': '1',
    'value.amount': '10',
    ...fields,
  })
  const id = /Orders: (\d+) was added/.exec(seen.text)?.[1]
  if (id === undefined) throw new Error(seen.text)
  return id
}
const rowOf = async (service: string, table: string, text: string) =>
  (await at(service).get(`${tables}/${table}/?q=${text}`)).rows.find(row => row.includes(text)) ?? []
const ended = (id: string, status: string) =>
  eventually(async () => expect(await rowOf(services.order, 'orders', id)).toContain(status))

test('every service shows its tables', async () => {
  const shown = Object.fromEntries(
    await Promise.all(
      [...admins].map(async ([name, admin]) => {
        const { html } = await admin.get('/admin/')
        return [name, [...html.matchAll(/<dt><a href="\/admin\/tables\/([\w-]+)\/"/g)].map(([, table]) => table)]
      }),
    ),
  )
  const messages = ['outbox', 'received', 'parked', 'dead-letters', 'admin_log']
  expect(shown).toEqual({
    order: ['orders', 'notifications', ...messages],
    stock: ['stocks', 'reservations', ...messages],
    payment: ['payments', ...messages],
  })
})

test('an order that is added goes its way, and is notified of', async () => {
  const id = await placed({})
  await ended(id, 'payment_confirmed')
  expect(await rowOf(services.stock, 'reservations', id)).toContain('reserved')
  expect(await rowOf(services.payment, 'payments', id)).toContain('payment_confirmed')
  expect(await rowOf(services.order, 'notifications', id)).toContain(`Your order ${id} is confirmed.`)
})

test('an order that is added is held to the rules of the API', async () => {
  for (const [field, value, says] of [
    ['amount', '1.005', 'Ensure that there are no more than 2 decimal places.'],
    ['quantity', '0', 'Ensure this value is greater than or equal to 1.'],
    ['customer_id', '  ', 'This field may not be blank.'],
  ] as const)
    await expect(placed({ [`value.${field}`]: value })).rejects.toThrow(`${field}: ${says}`)
})

describe('an order that nobody answers', () => {
  test('may be moved as its guards allow, tells the others, and may be deleted once it has ended', async () => {
    await shop.end(services.stock)
    const id = await placed({})
    const change = `${tables}/orders/row/change/?key=${id}`
    const admin = at(services.order)
    const form = await admin.get(change)
    expect(form.choices('value.status')).toEqual(['created', 'reserved', 'not_reserved'])
    expect(Object.keys(form.forms.at(-1)!.fields).sort()).toEqual(['_csrf', 'value.status', 'version'])
    const refused = await admin.send(change, { 'value.status': 'payment_confirmed' })
    expect(refused.text).toContain('status: This can only be created, reserved, not_reserved here.')
    const kept = await admin.send(`${tables}/orders/row/delete/?key=${id}`)
    expect(kept.text).toContain('Nothing was deleted: The order is on its way')

    await admin.send(change, { 'value.status': 'reserved' })
    await ended(id, 'payment_confirmed')
    expect((await admin.get(change)).choices('value.status')).toEqual(['payment_confirmed'])
    const told = shop.heard.filter(({ body }) => JSON.parse(body).order_id === Number(id))
    expect(told.map(({ routingKey, body }) => `${routingKey} ${JSON.parse(body).status}`).sort()).toEqual([
      'order.v1 payment_confirmed',
      'payment.v1 created',
      'payment.v1 payment_confirmed',
      'payment.v1 reserved',
      'stock.v1 created',
      'stock.v1 payment_confirmed',
      'stock.v1 reserved',
    ])
    const gone = await admin.send(`${tables}/orders/row/delete/?key=${id}`)
    expect(gone.text).toContain(`Orders: ${id} was deleted.`)
    await shop.start(services.stock)
    await at(services.stock).signIn()
  })
})

test('a reservation gives its stock back, and tells the order, and nothing else can be done with it', async () => {
  const admin = at(services.stock)
  const id = await placed({ 'value.product_id': '2', 'value.quantity': '4' })
  await ended(id, 'payment_confirmed')
  expect(await rowOf(services.stock, 'stocks', '6')).toEqual([])
  const [key] = await rowOf(services.stock, 'reservations', id)
  const stock = async () => (await admin.get(`${tables}/stocks/?q=2`)).rows[0]?.[2]
  expect(await stock()).toBe('6')

  const kept = await admin.send(`${tables}/reservations/row/delete/?key=${key}`)
  expect(kept.text).toContain('Nothing was deleted: What it reserves would be lost')
  const change = `${tables}/reservations/row/change/?key=${key}`
  expect((await admin.get(change)).choices('value.status')).toEqual(['reserved', 'payment_denied'])
  await admin.send(change, { 'value.status': 'payment_denied' })
  expect(await stock()).toBe('10')
  await eventually(async () =>
    expect(shop.heard).toContainEqual(
      expect.objectContaining({
        routingKey: 'order.v1',
        body: JSON.stringify({ order_id: id, status: 'payment_denied' }),
      }),
    ),
  )
  expect(await rowOf(services.order, 'orders', id), 'its end is never left').toContain('payment_confirmed')
  expect((await admin.get(change)).choices('value.status')).toEqual(['payment_denied'])
})

test('a reservation and a payment that are added are decided by the service, and told', async () => {
  const reserved = await at(services.stock).send(`${tables}/reservations/add/`, {
    'value.order_id': '900',
    'value.product_id': '99',
    'value.quantity': '1',
  })
  expect(reserved.text).toContain('status not_reserved')
  const paid = await at(services.payment).send(`${tables}/payments/add/`, {
    'value.order_id': '900',
    'value.customer_id': '7',
    'value.amount': '1000.01',
  })
  expect(paid.text).toContain('status payment_denied')
  expect((await at(services.payment).get(`${tables}/payments/`)).html).toContain('Add a row')
  expect(paid.text).not.toContain('Change')
  await eventually(async () =>
    expect(shop.heard.filter(({ body }) => JSON.parse(body).order_id === 900)).toHaveLength(2),
  )
  const again = await at(services.payment).send(`${tables}/payments/add/`, {
    'value.order_id': '900',
    'value.customer_id': '7',
    'value.amount': '1',
  })
  expect(again.text).toContain('order_id: This order has a payment already.')
})

test.each([
  ['the default password', {}, 'The admin site has its default password: set ADMIN_PASSWORD'],
  ['it by name', { ADMIN_USER: 'boss', ADMIN_PASSWORD: 'admin' }, 'The admin site has its default password'],
  ['too short a secret', { ADMIN_PASSWORD: 'our own', ADMIN_SECRET: 'short' }, 'ADMIN_SECRET is too short'],
])('on servers nothing starts with %s: one sentence, and no stack', async (_name, variables, says) => {
  const { code, err } = await started(['outbox-choreography', '--servers', '--service', 'order'], variables).ended
  expect([code, err]).toEqual([1, expect.stringContaining(says)])
  expect(err).not.toContain('    at ')
})
