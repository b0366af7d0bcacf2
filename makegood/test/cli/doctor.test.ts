import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { exits } from '../../src/cli/terminal.ts'
import type { FiguresView, ServiceView } from '../../src/operations/contract.ts'
import { findingsOn } from '../../src/operations/findings.ts'
import { sagaId, sagaInFull, sagasOf, sagaView, serviceView } from '../operations/contract-bodies.ts'
import { problem, type Stranger, stranger } from '../operations/stranger.ts'
import { makegood } from './command-line.ts'

const figures = (more: Partial<FiguresView>): Partial<ServiceView> => ({
  figures: { ...serviceView().figures!, ...more },
})

const outbox = (error: string | null, oldestMs: number) => figures({ outbox: { messages: 3, oldestMs, error } })

const ill: readonly (readonly [string, Partial<ServiceView>, string, string])[] = [
  [
    'a database that is away',
    { ready: false, reasons: ['No route.'], database: 'down', schema: null, clockSkewMs: null, figures: null },
    'Its database is away. No route.',
    'database-away',
  ],
  [
    'a broker that blocks',
    { broker: { state: 'blocked', because: 'low on memory' } },
    'Its broker is blocked: low on memory.',
    'broker-away',
  ],
  [
    'what else it is not ready for',
    { ready: false, reasons: ['It stops.'] },
    'It is not ready. It stops.',
    'service-away',
  ],
  ['stuck sagas', figures({ sagas: { running: 9, compensating: 0, stuck: 2 } }), '2 stuck sagas.', 'stuck-sagas'],
  ['dead letters', figures({ deadLetters: 4 }), '4 dead letters.', 'dead-letters'],
  ['an outbox that grows', outbox(null, 61_000), '3 messages in its outbox, the oldest for 61 s.', 'outbox-grows'],
  [
    'what nobody takes',
    outbox('Nobody takes saga.x.', 500),
    '3 messages in its outbox, the oldest for 1 s: Nobody takes saga.x.',
    'undeliverable',
  ],
  [
    'what is not confirmed',
    outbox('The broker did not confirm it.', 500),
    '3 messages in its outbox, the oldest for 1 s: The broker did not confirm it.',
    'unconfirmed',
  ],
  [
    'a version that is stranded',
    { stranded: [{ definition: 'checkout', version: 1, sagas: 12 }] },
    '12 sagas in flight of checkout 1, which this process does not host.',
    'stranded-version',
  ],
  [
    'tables that are older',
    { schema: { applied: 1, known: 2 } },
    'Its tables are at migration 1, and its code knows 2.',
    'schema',
  ],
  [
    'tables that are newer',
    { schema: { applied: 3, known: 2 } },
    'Its tables are at migration 3, and its code knows 2.',
    'schema',
  ],
  ['a clock that is ahead', { clockSkewMs: 61_000 }, "Its clock is 61 s ahead of its database's.", 'clock-skew'],
  ['a clock that is behind', { clockSkewMs: -61_000 }, "Its clock is 61 s behind its database's.", 'clock-skew'],
]

describe('a finding', () => {
  test.each(ill)('is %s', (_, view, says, runbook) => {
    expect(findingsOn(serviceView(view))).toEqual([{ says, todo: expect.stringMatching(/\w/), runbook }])
    expect(existsSync(fileURLToPath(new URL(`../../../docs/runbooks/${runbook}.md`, import.meta.url)))).toBe(true)
  })

  test('is none of what is well, or is about to be', () => {
    expect(findingsOn(serviceView())).toEqual([])
    expect(findingsOn(serviceView({ ...outbox(null, 900), clockSkewMs: -1_500 }))).toEqual([])
  })
})

describe('makegood doctor', () => {
  const at = (...views: readonly (ServiceView & { readonly service: string })[]): Promise<Stranger> =>
    stranger({ 'GET /services': { services: views }, 'GET /me': { name: 'anna', role: 'reader' } })

  test('ends with 0 if all is well', async () => {
    const one = await at({ service: 'orders', ...serviceView() })
    const { code, out } = await makegood(['doctor', '--url', one.url])
    expect({ code, out }).toEqual({ code: exits.done, out: `✓ orders  ${one.url}\n` })
  })

  test('says what is wrong where, what to do and where to read on, and ends with 1', async () => {
    const one = await at(
      { service: 'orders', ...serviceView() },
      { service: 'payment', ...serviceView(figures({ deadLetters: 4 })) },
    )
    const { code, out } = await makegood(['doctor', '--url', one.url])
    expect(code).toBe(exits.refused)
    expect(out).toBe(
      [
        `✓ orders  ${one.url}`,
        `✗ payment  ${one.url}`,
        '    4 dead letters.',
        '      See why: makegood failures',
        '      docs/runbooks/dead-letters.md',
        '',
      ].join('\n'),
    )
  })

  test('ends with 3 if an address is away, and with 1 if one refuses', async () => {
    const [one, gone] = [await at({ service: 'orders', ...serviceView() }), await stranger({})]
    await gone.goAway()
    const away = await makegood(['doctor', '--url', one.url, '--url', gone.url])
    expect(away.code).toBe(exits.unavailable)
    expect(away.out).toMatch(new RegExp(`✗ ${gone.url}\n {4}It is away: .*\n {6}Start it`))
    const closed = await stranger({
      'GET /services': problem(401, 'Who are you?'),
      'GET /me': problem(401, 'Who are you?'),
    })
    const refused = await makegood(['doctor', '--url', closed.url])
    expect(refused).toMatchObject({ code: exits.refused, out: expect.stringContaining('It refuses you: Who are you?') })
  })

  test('says the same to a script', async () => {
    const one = await at({ service: 'payment', ...serviceView(figures({ deadLetters: 4 })) })
    const { out } = await makegood(['doctor', '--json', '--url', one.url])
    expect(JSON.parse(out)).toEqual({
      well: false,
      callers: [{ name: 'anna', role: 'reader', url: one.url }],
      services: [
        {
          service: 'payment',
          url: one.url,
          findings: [{ says: '4 dead letters.', todo: 'See why: makegood failures', runbook: 'dead-letters' }],
        },
      ],
    })
  })
})

describe('makegood doctor --since', () => {
  const steps = { payment: { forward: { state: 'succeeded', reply: {}, firstSentAt: 1 } } }
  const done = { status: 'completed', endedAt: '2026-01-01T00:00:09.000Z' } as const
  const step = { name: 'payment', kind: 'pivot', command: 'payment.process', failures: [], conditional: false }
  const definition = {
    ...{ name: 'checkout', version: 1, deadlineMs: null, startsOn: null, inFlight: 0 },
    stages: [[{ ...step, deadlineMs: 1_000, compensation: null }]],
    ends: { completed: null, compensated: null },
  }
  const hosting = { sagas: [], choreographies: [], tracked: [], commands: [], events: [], standing: [] }

  /** A payment service that has forgotten what it did for one saga, and was asked about another that nobody leads. */
  const forgetful = () =>
    stranger({
      'GET /services': { services: ['orders', 'payment'].map(service => ({ service, ...serviceView() })) },
      'GET /me': { name: 'anna', role: 'reader' },
      'GET /sagas': { services: [sagasOf('orders', sagaView(done))] },
      'GET /participations': { services: [{ service: 'payment', sagaIds: ['lost-1', 'lost-1'], next: null }] },
      'GET /definitions': {
        services: [
          { ...hosting, service: 'orders', sagas: [definition] },
          { ...hosting, service: 'payment', commands: ['payment.process'] },
        ],
      },
      [`GET /sagas/${sagaId}`]: sagaInFull({ ...done, service: 'orders', state: { status: 'completed', steps } }),
      'GET /sagas/lost-1': problem(404, 'No service here has it.', 'SAGA_UNKNOWN'),
    })

  test('names what sagas and services do not remember alike', async () => {
    const one = await forgetful()
    const { code, out } = await makegood(['doctor', '--since', '2026-01-01T00:00Z', '--url', one.url])
    expect(code).toBe(exits.refused)
    expect(out).toContain(
      [
        '✗ compared  2 sagas',
        '    Of 1 saga (order-1) the step payment succeeded, and payment has no record of it.',
        '      Look into the tables of payment: do again by hand what is not there, or compensate the saga.',
        '      docs/runbooks/restore.md',
        '    payment was asked for steps of 1 saga (lost-1), of which no service knows.',
      ].join('\n'),
    )
    expect(one.asked.map(({ line }) => line)).toContain(
      'GET /participations?since=2026-01-01T00%3A00%3A00.000Z&limit=200',
    )
  })

  test('says which sagas they are to a script', async () => {
    const one = await forgetful()
    const { out } = await makegood(['doctor', '--since', '2026-01-01T00:00Z', '--json', '--url', one.url])
    expect(JSON.parse(out)).toMatchObject({
      well: false,
      compared: {
        ...{ since: '2026-01-01T00:00:00.000Z', sagas: 2, more: false, unreachable: [] },
        differences: [
          {
            ...{ kind: 'forgotten', service: 'payment', what: 'payment' },
            of: [{ id: sagaId, key: 'order-1', status: 'completed' }],
          },
          { kind: 'unknown', service: 'payment', what: '', of: [{ id: 'lost-1', key: null, status: null }] },
        ],
      },
    })
  })

  test('says nothing of sagas while a service is away, and ends with 3', async () => {
    const [one, gone] = [await forgetful(), await stranger({})]
    await gone.goAway()
    const { code, out } = await makegood(['doctor', '--since', '1h', '--url', one.url, '--url', gone.url])
    expect(code).toBe(exits.unavailable)
    expect(out).toContain('compared  0 sagas\n')
  })

  test('is not content with a part of them', async () => {
    const one = await stranger({
      'GET /services': { services: [{ service: 'payment', ...serviceView() }] },
      'GET /me': { name: 'anna', role: 'reader' },
      'GET /sagas': { services: [{ service: 'payment', sagas: [], next: null, searchedTo: null }] },
      // However far it goes on: as many rows as are read of a service, all of one saga.
      'GET /participations': { services: [{ service: 'payment', sagaIds: Array(200).fill(sagaId), next: 'more' }] },
      'GET /definitions': { services: [{ ...hosting, service: 'payment' }] },
      [`GET /sagas/${sagaId}`]: sagaInFull({ status: 'running', definition: 'another' }),
    })
    const { code, out } = await makegood(['doctor', '--since', '7d', '--url', one.url])
    expect(code).toBe(exits.refused)
    expect(out).toContain('Only 1 saga was compared, and there are more.')
  })
})
