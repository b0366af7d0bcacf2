import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type OperationsClient, operationsClient, type Told } from '../../src/operations/client.ts'
import { type OperatedService, operationsRoutes } from '../../src/operations/index.ts'
import { byRole, type OperatedShop, operatedShop, tokens } from './operated-shop.ts'

// The client and the routes, over HTTP: each service at an address of its own.

let shop: OperatedShop
let apps: readonly FastifyInstance[]
let client: OperationsClient
let urls: readonly string[]

beforeAll(async () => {
  shop = await operatedShop()
  apps = await Promise.all([shop.orders, shop.workers].map(each => serverOf(each)))
  urls = await Promise.all(apps.map(app => app.listen({ host: '127.0.0.1', port: 0 })))
  client = operationsClient({ services: urls.map(url => ({ url, token: tokens.admin })) })
})

afterAll(async () => {
  await Promise.all(apps.map(app => app.close()))
  await shop.close()
})

async function serverOf(service: OperatedShop['orders'] | OperatedShop['workers']): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(operationsRoutes, { services: [service as OperatedService], access: byRole })
  return app
}

test('every question has an answer by service', async () => {
  await shop.order({ orderId: 'poor-1' })
  const { callers } = await client.me()
  expect(callers).toEqual(urls.map(url => ({ name: 'the admin', role: 'admin', url })))
  const groups = await Promise.all([
    ...[client.services(), client.sagas(), client.sagaCounts(), client.definitions(), client.failures()],
    ...[client.deadLetters(), client.parked(), client.pace(), client.audit()],
  ])
  for (const { services, unreachable } of groups) {
    expect(services.map(({ service, url }) => [service, url])).toEqual([
      ['orders', urls[0]],
      ['workers', urls[1]],
    ])
    expect(unreachable).toEqual([])
  }
})

test('a saga has the messages of services in other processes', async () => {
  const id = await shop.order({ orderId: 'rich-1' })
  const { saga } = await client.saga(id)
  expect(saga?.messages.map(({ service, kind, type }) => `${service} ${kind} ${type}`)).toEqual([
    'workers command payment.charge',
    'orders reply payment.charge',
    'workers command shipping.send',
    'orders reply shipping.send',
    'workers command billing.invoice',
    'orders reply billing.invoice',
  ])
})

test('an action is in the audit once', async () => {
  const id = await shop.order({ orderId: 'stuck-1', email: 'nobody@example.com' })
  const { results } = await client.actOnSagas({ items: [{ id }], action: { kind: 'retry' }, reason: 'again' })
  expect(results).toMatchObject([{ id, service: 'orders', outcome: 'done' }])
  const { services } = await client.audit({ target: id })
  expect(services.flatMap(({ entries }) => entries).map(({ action, reason }) => [action, reason])).toEqual([
    ['retry', 'again'],
  ])
})

test('changes are heard as they happen, and again after a service was away', async () => {
  const id = await shop.order({ orderId: 'stuck-2', email: 'nobody@example.com' })
  const [orders, workers] = urls
  const heard = listening(id)

  await expect.poll(heard).toContainEqual({ url: orders, event: 'saga', data: { id, status: 'stuck', revision } })
  await expect.poll(heard).toContainEqual({ url: workers, event: 'figures', data: figuresOf('workers') })
  await client.actOnSagas({ items: [{ id }], action: { kind: 'abandon' }, reason: 'enough' })
  await expect.poll(heard).toContainEqual({ url: orders, event: 'saga', data: { id, status: 'abandoned', revision } })

  await apps[1]!.close()
  await expect
    .poll(heard)
    .toContainEqual({ url: workers, event: 'away', data: expect.objectContaining({ url: workers }) })
  const before = heard().length
  const again = await serverOf(shop.workers)
  onTestFinished(() => again.close())
  await again.listen({ host: '127.0.0.1', port: Number(new URL(workers!).port) })
  const since = () => heard().slice(before)
  await expect.poll(since).toContainEqual({ url: workers, event: 'figures', data: figuresOf('workers') })
})

const revision: unknown = expect.stringMatching(/^[0-9a-f]{16}$/)

function figuresOf(service: string): unknown {
  return { services: [expect.objectContaining({ service })] }
}

/** Everything that was heard so far. */
function listening(saga: string): () => readonly Told[] {
  const heard: Told[] = []
  const stop = new AbortController()
  const listened = (async () => {
    for await (const told of client.changes({ saga, signal: stop.signal })) heard.push(told)
  })()
  onTestFinished(() => {
    stop.abort()
    return listened
  })
  return () => heard
}
