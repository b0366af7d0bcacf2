import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { makegoodFastify } from '../../src/adapters/fastify/index.ts'
import { pglite } from '../../src/adapters/pglite/index.ts'
import { command, event } from '../../src/definition/message.ts'
import { handlersFor } from '../../src/definition/participant.ts'
import { saga } from '../../src/definition/saga-chain.ts'
import type { PgClient } from '../../src/definition/transaction.ts'
import { cloudEventsWire } from '../../src/engine/cloud-events-wire.ts'
import { service } from '../../src/engine/service.ts'
import { operationsRoutes } from '../../src/operations/index.ts'

const Order = z.object({ orderId: z.string() })
const charge = command('payment.process', {
  payload: Order,
  reply: z.object({ paymentId: z.string() }),
  failures: { DECLINED: z.object({ reason: z.string() }) },
})
const refund = command('payment.refund', { payload: z.object({ paymentId: z.string() }) })
const ship = command('shipping.create', { payload: Order })
const cancelled = event('order.cancelled', { payload: Order })

const checkout = saga('checkout', { version: 1, data: Order })
  .compensatable('payment', charge, {
    payload: order => order,
    compensation: { command: refund, payload: (_order, { payment }) => payment },
  })
  .pivot('shipping', ship, { payload: order => order })
  .ends({ compensated: { event: cancelled, payload: order => order } })

const { handle, on } = handlersFor<PgClient>()
const taking = [
  handle(charge, async ({ orderId }, { succeed, fail }) =>
    orderId.startsWith('poor') ? fail('DECLINED', { reason: 'no money' }) : succeed({ paymentId: `P-${orderId}` }),
  ),
  handle(refund, async (_payload, { succeed }) => succeed()),
  handle(ship, async (_payload, { succeed }) => succeed()),
]
const orchestrating = [
  checkout,
  on(cancelled, async () => {
    throw new Error('the printer is on fire')
  }),
]

const transport = embedded()
const wire = cloudEventsWire({
  services: [
    { name: 'orchestrator', hosts: orchestrating },
    { name: 'payment', hosts: taking },
  ],
})
const orchestrator = service('orchestrator', {
  store: pglite(),
  transport,
  wire,
  hosts: orchestrating,
})
const payment = service('payment', {
  store: pglite(),
  transport,
  wire,
  hosts: taking,
})
const app = Fastify()
const ids: Record<string, string> = {}

beforeAll(async () => {
  await Promise.all([orchestrator.start(), payment.start()])
  for (const key of ['rich-1', 'rich-2', 'poor-1']) {
    const { sagaId } = await orchestrator.transaction(tx => tx.start(checkout, { orderId: key }, { key }))
    await orchestrator.result(sagaId)
    ids[key] = sagaId
  }
  await app.register(makegoodFastify, { services: [orchestrator, payment], title: 'Checkout', version: '1' })
  await app.register(operationsRoutes, { services: [orchestrator, payment] })
})

afterAll(async () => {
  await app.close()
  await Promise.all([orchestrator.stop(), payment.stop()])
})

async function read(url: string): Promise<any> {
  const answer = await app.inject(`/operations${url}`)
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json()
}

describe('sagas', () => {
  test('are listed by service, newest first', async () => {
    const { services } = await read('/sagas')
    expect(services.map((group: any) => [group.service, group.sagas.map((each: any) => each.key), group.next])).toEqual(
      [
        ['orchestrator', ['poor-1', 'rich-2', 'rich-1'], null],
        ['payment', [], null],
      ],
    )
  })

  test('can be chosen by status and definition', async () => {
    const { services } = await read('/sagas?status=compensated&definition=checkout&service=orchestrator')
    expect(services).toMatchObject([{ sagas: [{ key: 'poor-1', status: 'compensated', version: 1 }] }])
    expect((await read('/sagas?definition=none&service=orchestrator')).services[0].sagas).toEqual([])
  })

  test('are read page by page', async () => {
    const keys: string[] = []
    let after = ''
    do {
      const { services } = await read(`/sagas?service=orchestrator&limit=1${after}`)
      keys.push(...services[0].sagas.map((each: any) => each.key))
      after = services[0].next === null ? '' : `&after=${services[0].next}`
    } while (after !== '')
    expect(keys).toEqual(['poor-1', 'rich-2', 'rich-1'])
  })

  test('one is shown with its state, journal and messages of all services', async () => {
    const shown = await read(`/sagas/${ids['rich-1']}`)
    expect(shown).toMatchObject({
      service: 'orchestrator',
      key: 'rich-1',
      status: 'completed',
      data: { orderId: 'rich-1' },
    })
    expect(shown.state.steps.payment.forward).toMatchObject({ state: 'succeeded', reply: { paymentId: 'P-rich-1' } })
    expect(shown.journal.length).toBeGreaterThan(2)
    expect(shown.messages.map((each: any) => `${each.service} ${each.kind} ${each.type}`)).toEqual(
      expect.arrayContaining(['payment command payment.process', 'orchestrator reply payment.process']),
    )
  })

  test('one that is not there is a problem', async () => {
    for (const id of ['7', 'x'.repeat(99), '019aa111-2222-7333-8444-555566667777', "'; drop", 'a\0b']) {
      const answer = await app.inject(`/operations/sagas/${encodeURIComponent(id)}`)
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toMatchObject({ code: 'SAGA_UNKNOWN', detail: `No service here has a saga ${id}.` })
    }
  })
})

test('a parked message shows why, and how it came', async () => {
  const { services } = await read('/parked?service=orchestrator')
  const [message] = services[0].messages
  expect(message).toMatchObject({ kind: 'event', type: 'order.cancelled', state: 'parked' })
  expect(message.error).toContain('the printer is on fire')
  expect(JSON.parse(message.envelope.body)).toEqual({ orderId: 'poor-1' })
})

test('there are no dead letters where nothing died', async () => {
  expect((await read('/dead-letters')).services).toEqual([
    { service: 'orchestrator', messages: [], next: null },
    { service: 'payment', messages: [], next: null },
  ])
})

test('definitions can be drawn', async () => {
  const { services } = await read('/definitions')
  expect(services[0]).toMatchObject({
    service: 'orchestrator',
    events: ['order.cancelled'],
    sagas: [
      {
        name: 'checkout',
        inFlight: 0,
        stages: [
          [
            {
              name: 'payment',
              kind: 'compensatable',
              command: 'payment.process',
              failures: ['DECLINED'],
              deadlineMs: 3_600_000,
              compensation: { command: 'payment.refund' },
            },
          ],
          [{ name: 'shipping', kind: 'pivot', compensation: null }],
        ],
        ends: { completed: null, compensated: 'order.cancelled' },
      },
    ],
  })
  expect(services[1].commands).toEqual(['payment.process', 'payment.refund', 'shipping.create'])
})

test.each([
  ['/sagas?status=gone'],
  ['/sagas?limit=0'],
  ['/sagas?limit=1000'],
  ['/sagas?service=nobody'],
  ['/sagas?after=1'],
  ['/sagas?definition=a&definition=b'],
  ['/parked?limit=x'],
])('%s is 400 and says what is wrong', async url => {
  const answer = await app.inject(`/operations${url}`)
  expect(answer.statusCode, answer.body).toBe(400)
  expect(answer.json()).toMatchObject({
    title: 'Bad Request',
    detail: expect.stringMatching(/status|limit|service|after|definition/),
  })
})

test('it is documented', async () => {
  const { paths } = (await app.inject('/openapi.json')).json()
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining([
      '/operations/sagas',
      '/operations/sagas/{id}',
      '/operations/dead-letters',
      '/operations/parked',
      '/operations/definitions',
    ]),
  )
})
