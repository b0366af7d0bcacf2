import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { exits } from '../../src/cli/terminal.ts'
import type { FiguresView, ServiceView } from '../../src/operations/contract.ts'
import { findingsOn } from '../../src/operations/findings.ts'
import { serviceView } from '../operations/contract-bodies.ts'
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
