import type { FastifyInstance } from 'fastify'
import { Check } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { MakegoodError } from '../../src/makegood.ts'
import type {
  ActOnDeadLetters,
  ActOnSagas,
  DeadLetterActionResults,
  SagaActionResult,
  SagaView,
} from '../../src/operations/contract.ts'
import { schemas } from '../../src/operations/schemas.ts'
import { ask, asking, type OperatedShop, operatedShop, serverOf, tokens } from './operated-shop.ts'

let shop: OperatedShop
let app: FastifyInstance
let number = 0

beforeAll(async () => {
  shop = await operatedShop()
  app = await serverOf(shop)
})

afterAll(async () => {
  await app.close()
  await shop.close()
})

const reason = 'the mail server is back'

function stuck(): Promise<string> {
  return shop.order({ orderId: `stuck-${++number}`, email: 'nobody@example.com' })
}

async function act(
  body: Omit<ActOnSagas, 'reason'>,
  role: 'operator' | 'admin' = 'admin',
): Promise<SagaActionResult[]> {
  const answer = await asking(app, role)('actOnSagas', { body: { reason, ...body } })
  expect(Check(schemas.actOnSagas.answer, answer)).toBe(true)
  return answer.results
}

async function actOnLetters(body: Omit<ActOnDeadLetters, 'reason' | 'service'>): Promise<DeadLetterActionResults> {
  const answer = await asking(app, 'admin')('actOnDeadLetters', { body: { reason, service: 'workers', ...body } })
  expect(Check(schemas.actOnDeadLetters.answer, answer)).toBe(true)
  return answer
}

async function auditOf(target: string): Promise<readonly object[]> {
  const { services } = await asking(app, 'operator')('audit', { query: { target } })
  return services.flatMap(({ service, entries }: any) => entries.map((entry: object) => ({ service, ...entry })))
}

async function sagaView(id: string): Promise<SagaView> {
  return asking(app, 'reader')('saga', { params: { id } })
}

const letterOf = (sagaId: string) => `${sagaId}/invoice/forward`

describe('a dry run', () => {
  test('of an action on a saga says what it would do, and writes nothing, not even in the audit', async () => {
    const id = await stuck()
    const before = await asking(app, 'admin')('saga', { params: { id } })
    const [result] = await act({ items: [{ id }], action: { kind: 'skip', step: 'invoice' }, dryRun: true })
    expect(result).toMatchObject({
      id,
      service: 'orders',
      outcome: 'would be done',
      says: 'It would go from stuck to running, and asks billing.invoice to close invoice.',
      effect: {
        from: 'stuck',
        to: 'running',
        sends: [{ command: 'billing.invoice', step: 'invoice', direction: 'close' }],
        publishes: [],
        journal: [
          { kind: 'requested', step: 'invoice' },
          { kind: 'asked to close', step: 'invoice' },
        ],
      },
      saga: { id, status: 'stuck', revision: before.revision },
    })
    expect(await asking(app, 'admin')('saga', { params: { id } })).toEqual(before)
    expect(await auditOf(id)).toEqual([])
  })

  test('of an action on dead letters says what would become of each, and writes nothing', async () => {
    const letter = letterOf(await stuck())
    const given = [letter, 'none', letterOf(await shop.order({ orderId: `rich-${++number}` }))]
    const run = (action: ActOnDeadLetters['action'], identities = given) =>
      actOnLetters({ letters: { identities }, action, dryRun: true })
    expect((await run({ kind: 'redrive' })).results).toEqual([
      { identity: letter, outcome: 'would be done', says: 'It would be parked, to be handled again.' },
      { identity: 'none', outcome: 'unknown', says: 'There is no such message here.' },
      { identity: given[2], outcome: 'refused', says: 'It is succeeded: it is no dead letter.' },
    ])
    expect((await run({ kind: 'discard' }, [letter])).results[0]).toMatchObject({ says: 'It would be taken away.' })
    const wrong = await run({ kind: 'redrive', payload: { orderId: 7 } }, [letter])
    expect(wrong.results[0]).toMatchObject({
      outcome: 'refused',
      says: expect.stringContaining('billing.invoice: orderId'),
    })
    expect((await shop.workers.queries.inboxRow(letter))?.handling.state).toBe('dead')
    expect(await auditOf(letter)).toEqual([])
  })
})

describe('an action on sagas', () => {
  test('is done, and the audit tells who did what, when and why', async () => {
    const id = await stuck()
    const { revision } = await sagaView(id)
    const action = { kind: 'resolve', step: 'invoice', reply: null } as const
    const [result] = await act({ items: [{ id, revision }], action }, 'operator')
    expect(result).toMatchObject({ outcome: 'done', effect: { from: 'stuck', to: 'running' } })
    expect(result!.saga!.revision).not.toBe(revision)
    expect(await shop.orders.result(id)).toMatchObject({ status: 'completed' })
    expect(await auditOf(id)).toMatchObject([
      {
        service: 'orders',
        by: 'the operator',
        action: 'resolve',
        target: id,
        reason,
        detail: { definition: 'checkout', step: 'invoice' },
      },
    ])
  })

  test('is done to one of two operators who ask at once; the other is told that it has changed', async () => {
    const id = await stuck()
    const { revision } = await sagaView(id)
    const [one, other] = await Promise.all([
      act({ items: [{ id, revision }], action: { kind: 'skip', step: 'invoice' } }, 'operator'),
      act({ items: [{ id, revision }], action: { kind: 'abandon' } }, 'admin'),
    ])
    const results = [one[0]!, other[0]!].sort((a, b) => a.outcome.localeCompare(b.outcome))
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'outdated'])
    const { status, revision: now } = await sagaView(id)
    expect(results[1]).toMatchObject({
      effect: null,
      says: expect.stringMatching(/has changed since, at .*: it is \w+ now/),
    })
    expect([status, now]).not.toEqual(['stuck', revision])
    expect(await auditOf(id)).toHaveLength(1)
  })

  test('on many: what becomes of one is its own matter, in the order given', async () => {
    const [first, second] = [await stuck(), await stuck()]
    const completed = await shop.order({ orderId: `rich-${++number}` })
    const items = [
      { id: first },
      { id: 'none' },
      { id: completed },
      { id: second, revision: 'another' },
      { id: first, revision: (await sagaView(first)).revision },
    ]
    const results = await act({ items, action: { kind: 'abandon' } })
    expect(results.map(({ id, outcome }) => [id, outcome])).toEqual([
      [first, 'done'],
      ['none', 'unknown'],
      [completed, 'refused'],
      [second, 'outdated'],
      [first, 'outdated'],
    ])
    expect(results[2]!.says).toBe('The saga is completed: there is nothing to abandon.')
    expect((await sagaView(second)).status).toBe('stuck')
  })

  test('that meets a database that goes away is not tried on what is left, and says what has become of each', async () => {
    const ids = [await stuck(), await stuck(), await stuck()]
    const gone = new MakegoodError('STORE_UNAVAILABLE', 'The database of orders cannot be reached.')
    const request = vi.spyOn(shop.orders, 'request').mockImplementationOnce(async (...given) => {
      request.mockRejectedValueOnce(gone)
      const { orders } = shop
      const report = await Object.getPrototypeOf(orders).request.apply(orders, given)
      vi.spyOn(orders.queries, 'sagasById').mockRejectedValue(gone)
      return report
    })
    const results = await act({ items: ids.map(id => ({ id })), action: { kind: 'abandon' } })
    vi.restoreAllMocks()
    expect(results.map(({ outcome, says, saga }) => [outcome, says, saga])).toEqual([
      [
        'done',
        'It went from stuck to abandoned, and asks billing.invoice to close invoice. Asked for and not answered, so perhaps done: invoice. Done, and not undone: payment, shipping.',
        null,
      ],
      ['failed', 'The database of orders cannot be reached.', null],
      ['failed', 'It was not tried: the database does not answer.', null],
    ])
    const statuses = await Promise.all(ids.map(async id => (await sagaView(id)).status))
    expect(statuses).toEqual(['abandoned', 'stuck', 'stuck'])
  })

  test.each([
    '<script>alert(1)</script>',
    "'; drop table makegood.saga; --",
    '\u202egnp.exe',
    '%00{{7*7}}$(id)',
    'ß'.repeat(900),
  ])('keeps its reason as it was written: %.40s', async hostile => {
    const id = await stuck()
    const body = { items: [{ id }], action: { kind: 'abandon' }, reason: hostile }
    await asking(app, 'admin')('actOnSagas', { body })
    expect(await auditOf(id)).toMatchObject([{ reason: hostile }])
    expect(await sagaView(id)).toMatchObject({ status: 'abandoned', state: { reason: hostile } })
  })
})

describe('dead letters', () => {
  const groupOf = async () => {
    const { services } = await asking(app, 'reader')('failures', { query: { service: 'workers' } })
    return services[0].groups[0]
  }

  test('of a group are redriven page by page, and those that come back are not redriven again', async () => {
    const ids = await Promise.all(Array.from({ length: 3 }, stuck))
    const { fingerprint, count } = await groupOf()
    expect(count).toBeGreaterThanOrEqual(3)
    const redriven: string[] = []
    let after: string | undefined
    for (let pages = 0; ; pages++) {
      expect(pages).toBeLessThan(10)
      const letters = { fingerprint, ...(after === undefined ? {} : { after }) }
      const { results, next } = await actOnLetters({ letters, action: { kind: 'redrive' } })
      redriven.push(...results.filter(({ outcome }) => outcome === 'done').map(({ identity }) => identity))
      // The cause is not mended: they are dead again before the next page is asked for.
      await vi.waitFor(
        async () => expect((await shop.workers.queries.figures()).dead).toBeGreaterThanOrEqual(count),
        10_000,
      )
      if (next === null) break
      after = next
    }
    expect(redriven).toEqual([...new Set(redriven)])
    expect(redriven).toEqual(expect.arrayContaining(ids.map(letterOf)))
  })

  test('are redriven once their cause is mended, and take their sagas on', async () => {
    const id = await stuck()
    shop.mended = true
    const { results } = await actOnLetters({
      letters: { identities: [letterOf(id), letterOf(id)] },
      action: { kind: 'redrive', perSecond: 100 },
    })
    expect(results).toEqual([{ identity: letterOf(id), outcome: 'done', says: 'It is parked, to be handled again.' }])
    await vi.waitFor(async () => expect((await sagaView(id)).status).toBe('completed'), 10_000)
    shop.mended = false
    expect(await auditOf(letterOf(id))).toMatchObject([{ service: 'workers', by: 'the admin', action: 'redrive' }])
  })

  test('are redriven with another payload, where their message may be edited', async () => {
    const id = await stuck()
    const payload = { orderId: 'edited', email: 'ann@example.com' }
    const edit = (to: unknown) =>
      actOnLetters({ letters: { identities: [letterOf(id)] }, action: { kind: 'redrive', payload: to } })
    expect((await edit({ orderId: 7 })).results[0]).toMatchObject({
      outcome: 'refused',
      says: expect.stringContaining('orderId'),
    })
    expect((await edit(payload)).results[0]).toMatchObject({ outcome: 'done' })
    await vi.waitFor(async () => expect((await sagaView(id)).status).toBe('completed'), 10_000)
    expect(await auditOf(letterOf(id))).toMatchObject([{ action: 'edit', detail: { changed: ['email', 'orderId'] } }])
  })

  test('are taken away, and are no dead letters then', async () => {
    const letter = letterOf(await stuck())
    const discard = () => actOnLetters({ letters: { identities: [letter] }, action: { kind: 'discard' } })
    expect((await discard()).results).toEqual([
      { identity: letter, outcome: 'done', says: 'It is taken away; its record stays.' },
    ])
    expect((await discard()).results).toEqual([
      { identity: letter, outcome: 'refused', says: 'It was taken away before: it is no dead letter.' },
    ])
    const { services } = await asking(app, 'reader')('deadLetters', { query: { identity: letter } })
    expect(services.flatMap(({ messages }: any) => messages)).toEqual([])
  })

  test('are dealt with by one of two operators who ask at once; the other is told so', async () => {
    const letter = letterOf(await stuck())
    const both = [{ kind: 'discard' }, { kind: 'discard' }] as const
    const answers = await Promise.all(both.map(action => actOnLetters({ letters: { identities: [letter] }, action })))
    const outcomes = answers.map(({ results }) => results[0]!.outcome).sort()
    expect(outcomes[0]).toBe('done')
    expect(outcomes[1]).toMatch(/outdated|refused/)
    expect(await auditOf(letter)).toHaveLength(1)
  })

  test('of no group are none', async () => {
    expect(await actOnLetters({ letters: { fingerprint: 'none' }, action: { kind: 'redrive' } })).toEqual({
      results: [],
      next: null,
    })
  })

  test('of a page that nobody named are refused', async () => {
    const body = { service: 'workers', letters: { fingerprint: 'x', after: 'y' }, action: { kind: 'redrive' }, reason }
    const answer = await ask(app, 'actOnDeadLetters', { body }, `Bearer ${tokens.admin}`)
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toEqual([
      { field: 'body.letters.after', message: 'is not what a page named as its next' },
    ])
  })
})

test('pruning now is in the audit of every service', async () => {
  expect(await asking(app, 'admin')('prune', { body: { reason: 'the disk is full' } })).toEqual({ rows: 0 })
  const { services } = await asking(app, 'operator')('audit', { query: { action: 'prune' } })
  expect(services).toMatchObject([
    { service: 'orders', entries: [{ by: 'the admin', reason: 'the disk is full', target: null }] },
    { service: 'workers', entries: [{ by: 'the admin', reason: 'the disk is full', target: null }] },
  ])
})

test('the audit is read page by page, newest first', async () => {
  const numbers: number[] = []
  let query: Record<string, string> = { service: 'orders', limit: '3' }
  for (;;) {
    const { services } = await asking(app, 'operator')('audit', { query })
    numbers.push(...services[0].entries.map(({ number }: any) => Number(number)))
    if (services[0].next === null) break
    query = { ...query, after: services[0].next }
  }
  expect(numbers.length).toBeGreaterThan(3)
  expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => other - one))
})
