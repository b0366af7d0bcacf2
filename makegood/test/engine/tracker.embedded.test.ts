import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { handlersFor, type PgClient, type SagaReport, track } from '../../src/makegood.ts'
import { openAccess, operationsRoutes } from '../../src/operations/index.ts'
import {
  ordering,
  orderPlaced,
  paymentDenied,
  paymentTaken,
  stockLacking,
  stockReserved,
  stockReturned,
} from './ordering.ts'
import { anEvent } from './peer.ts'
import { effect, type Scene, stage } from './stage.ts'

// A choreography is followed from its events alone; the test plays the services that tell them.

const begin = stage()

const told = (event: { readonly type: `${string}.${string}` }, order: string) =>
  anEvent({ type: event.type, payload: { orderId: order }, correlationId: order })

async function becomes({ service }: Scene, order: string, status: SagaReport['status']): Promise<SagaReport> {
  const statusOf = () => service.status({ name: 'ordering' }, order)
  await expect.poll(async () => (await statusOf())?.status).toBe(status)
  return (await statusOf())!
}

const newOrder = () => crypto.randomUUID()

describe('a tracker', () => {
  test('follows each instance by its correlation id, to the end that it has', async () => {
    const scene = await begin([track(ordering())])
    const [paid, denied, lacking, placed] = [newOrder(), newOrder(), newOrder(), newOrder()]
    await scene.peer.say(
      ...[paid, denied, lacking, placed].map(order => told(orderPlaced, order)),
      ...[paid, denied].map(order => told(stockReserved, order)),
      told(stockLacking, lacking),
      told(paymentTaken, paid),
      told(paymentDenied, denied),
      told(stockReturned, denied),
    )
    await becomes(scene, paid, 'completed')
    await becomes(scene, denied, 'compensated')
    await becomes(scene, lacking, 'compensated')
    await becomes(scene, placed, 'running')
  })

  test('takes the events as they come, the last one first and each of them twice', async () => {
    const scene = await begin([track(ordering())])
    const order = newOrder()
    const events = [paymentTaken, stockReserved, orderPlaced].map(event => told(event, order))
    for (const event of [...events, ...events]) await scene.peer.say(event)
    const { sagaId } = await becomes(scene, order, 'completed')
    const journal = await scene.service.queries.journal(sagaId)
    expect(journal.map(({ kind, step }) => [kind, step])).toEqual([
      ['event', 'payment.taken'],
      ['event', 'stock.reserved'],
      ['event', 'order.placed'],
      ['completed', undefined],
    ])
  })

  test('says that an instance is stuck that has stopped on its way, and for which event it waits', async () => {
    const scene = await begin([track(ordering({ stock: 150 }))])
    const order = newOrder()
    await scene.peer.say(told(orderPlaced, order))
    const { state } = await becomes(scene, order, 'stuck')
    expect(state).toMatchObject({
      trouble: {
        code: 'SILENT',
        step: 'order.placed in stock',
        says: expect.stringContaining('stock has not answered order.placed with stock.reserved or stock.lacking since'),
      },
    })
    await scene.peer.say(told(stockLacking, order))
    await becomes(scene, order, 'compensated')
  })

  test('is told by a person to wait once more, or to give an instance up; nothing else can be asked of it', async () => {
    const scene = await begin([track(ordering({ whole: 150 }))])
    const [one, other] = [newOrder(), newOrder()]
    await scene.peer.say(told(orderPlaced, one), told(orderPlaced, other))
    const [{ sagaId }, { sagaId: otherId }] = [await becomes(scene, one, 'stuck'), await becomes(scene, other, 'stuck')]
    const ask = (id: string, kind: 'retry' | 'abandon' | 'compensate') =>
      scene.service.request(id, { action: { kind }, by: 'ann', reason: 'the stock was down' })
    expect(await ask(sagaId, 'retry')).toMatchObject({ status: 'running' })
    expect(await ask(otherId, 'abandon')).toMatchObject({ status: 'abandoned' })
    await expect(ask(sagaId, 'compensate')).rejects.toThrow('Nobody leads a choreography')
    await scene.peer.say(told(stockLacking, one), told(stockLacking, other))
    await becomes(scene, one, 'compensated')
    await becomes(scene, other, 'abandoned')
  })

  test('is one for all its processes: what each of them hears adds up', async () => {
    const scene = await begin([track(ordering())])
    await scene.again()
    const orders = Array.from({ length: 40 }, newOrder)
    const events = [orderPlaced, stockReserved, paymentTaken]
    await Promise.all(events.map(event => scene.peer.say(...orders.map(order => told(event, order)))))
    for (const order of orders) await becomes(scene, order, 'completed')
  })

  test('reacts as well, where its service does', async () => {
    const { on } = handlersFor<PgClient>()
    const scene = await begin([
      track(ordering()),
      on(stockLacking, ({ orderId }, { tx }) => effect(tx.db, `lacking for ${orderId}`)),
    ])
    const order = newOrder()
    await scene.peer.say(told(orderPlaced, order), told(stockLacking, order))
    await becomes(scene, order, 'compensated')
    expect(await scene.effects()).toEqual([`lacking for ${order}`])
  })

  test('leaves what does not belong to its choreography, and makes a dead letter of what cannot be read', async () => {
    const scene = await begin([track(ordering())])
    const order = newOrder()
    const spoiled = { ...told(orderPlaced, order), payload: { orderId: 7 } }
    await scene.peer.say(spoiled)
    await expect
      .poll(async () => (await scene.service.queries.inbox({ state: 'dead', limit: 10 })).rows)
      .toMatchObject([{ handling: { error: expect.stringContaining('PAYLOAD_INVALID') } }])
    expect(await scene.service.status({ name: 'ordering' }, order)).toBeUndefined()
  })

  test('does not start where instances are in flight that it follows no more', async () => {
    const scene = await begin([track(ordering())])
    await scene.peer.say(told(orderPlaced, newOrder()))
    await expect.poll(() => scene.service.queries.versionsInFlight()).toHaveLength(1)
    await expect(scene.again([])).rejects.toThrow('would strand sagas in flight: 1 of ordering 1')
  })
})

test('operations show an instance like a saga, with its journal and the messages that belong to it', async () => {
  const scene = await begin([track(ordering())])
  const app = Fastify()
  await operationsRoutes(app, { services: [scene.service], access: openAccess() })
  const order = newOrder()
  await scene.peer.say(told(orderPlaced, order))
  await becomes(scene, order, 'running')
  await scene.peer.say(told(stockLacking, order))
  const { sagaId } = await becomes(scene, order, 'compensated')

  const shown = (await app.inject(`/operations/sagas/${encodeURIComponent(sagaId)}`)).json()
  expect(shown).toMatchObject({
    definition: 'ordering',
    key: order,
    status: 'compensated',
    journal: [
      { kind: 'event', step: 'order.placed' },
      { kind: 'event', step: 'stock.lacking' },
      { kind: 'compensated' },
    ],
    messages: [{ type: 'order.placed' }, { type: 'stock.lacking' }],
  })
  const { services } = (await app.inject('/operations/definitions')).json()
  expect(services).toMatchObject([
    {
      tracked: [
        {
          name: 'ordering',
          inFlight: 0,
          starts: 'order.placed',
          leads: expect.arrayContaining([
            { from: 'stock.reserved', in: 'payment', to: ['payment.taken', 'payment.denied'], deadlineMs: 3_600_000 },
          ]),
        },
      ],
    },
  ])
})
