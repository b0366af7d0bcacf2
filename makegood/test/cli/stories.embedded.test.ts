import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { exits, type Terminal } from '../../src/cli/terminal.ts'
import { drawing } from '../../src/definition/drawing.ts'
import { type OperatedService, operationsRoutes } from '../../src/operations/index.ts'
import { byRole, checkout, type OperatedShop, operatedShop, tokens } from '../operations/operated-shop.ts'
import { makegood, person } from './command-line.ts'

// What an operator comes for, typed: each service at an address of its own, as in a system on servers.

let shop: OperatedShop
const apps: FastifyInstance[] = []
const urls: string[] = []

beforeAll(async () => {
  shop = await operatedShop()
  for (const each of [shop.orders, shop.workers]) {
    const app = Fastify()
    apps.push(app)
    await app.register(operationsRoutes, { services: [each as OperatedService], access: byRole })
    urls.push(await app.listen({ host: '127.0.0.1', port: 0 }))
  }
  vi.stubEnv('MAKEGOOD_URL', urls.join(','))
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await Promise.all(apps.map(app => app.close()))
  await shop.close()
})

async function as(role: keyof typeof tokens, args: readonly string[], terminal?: Partial<Terminal>) {
  vi.stubEnv('MAKEGOOD_TOKEN', tokens[role])
  return makegood(args, terminal)
}

/** The document that a command answers a script with. */
async function read(role: keyof typeof tokens, ...args: readonly string[]): Promise<any> {
  return JSON.parse((await as(role, [...args, '--json'])).out)
}

const reasoned = ['--reason', 'ticket 812'] as const

async function statusOf(id: string): Promise<string> {
  return (await read('reader', 'sagas', 'show', id)).saga.status
}

test('why an order was cancelled is told from its page alone, to a reader', async () => {
  await shop.order({ orderId: 'poor-1' })
  const { code, out } = await as('reader', ['sagas', 'show', 'poor-1'])
  expect(code).toBe(exits.done)
  expect(out).toMatch(/^compensated {2}poor-1 {2}checkout 1\n/)
  expect(out).toContain('Why it is undone\n  DECLINED at payment: {"reason":"the card of ••• is empty"}\n')
  expect(out).toMatch(/\n {2}payment +compensatable +failed: DECLINED\n {2}shipping +pivot +–\n/)
  // From the service that refused it, in another process.
  expect(out).toMatch(/workers +command +payment\.charge +failed: DECLINED/)
  expect(out).toMatch(/orders +event +order\.cancelled +parked/)
  expect(out).not.toContain('4111')

  const byData = await as('reader', ['sagas', 'show', 'oor-1'])
  expect(byData).toMatchObject({
    code: exits.refused,
    out: expect.stringMatching(/^Which of these\?\n.*\ncompensated .* poor-1 /),
  })
  const unknown = await as('reader', ['sagas', 'show', 'nobody'])
  expect(unknown).toMatchObject({ code: exits.refused, out: expect.stringMatching(/^None of the services/) })
})

test('a stuck saga is found, understood, and resolved by hand', async () => {
  const id = await shop.order({ orderId: 'stuck-1', email: 'nobody@example.com' })
  const list = await as('operator', ['sagas', 'list', '--status', 'stuck', '--failure', 'UNPROCESSABLE'])
  expect(list.out).toMatch(new RegExp(`\nstuck +checkout 1 +stuck-1 .*UNPROCESSABLE at invoice: .*  ${id}\n`))

  const { out } = await as('operator', ['sagas', 'show', 'stuck-1'])
  expect(out).toContain('Why it is stuck\n  UNPROCESSABLE at invoice: ')
  expect(out).toContain('docs/runbooks/stuck-unprocessable.md\n')
  const advised = out.match(/makegood .*?(?= {2}|\n)/g)!.map(line => line.replace('makegood ', ''))
  expect(advised.map(line => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'dead-letters show',
    'dead-letters redrive',
    'sagas retry',
    'sagas resolve',
    'sagas skip',
    'sagas abandon',
  ])
  // What the page says can be typed can be typed.
  for (const line of advised) {
    const args = line.split(' ').map(word => word.replaceAll("'", ''))
    const { code } = await as('admin', args[1] === 'show' ? args : [...args, '--dry-run'])
    expect(code, line).toBe(exits.done)
  }

  const resolve = ['sagas', 'resolve', id, '--step', 'invoice', '--reply', '{}']
  const operator = person('y', 'told by telephone')
  const resolved = await as('operator', resolve, operator)
  expect(resolved.err).toContain(`would be done  ${id} (checkout stuck-1): It would go from stuck to running`)
  expect(resolved).toMatchObject({ code: exits.done, out: expect.stringMatching(/^1 done\n/) })
  await expect.poll(() => statusOf(id)).toBe('completed')

  const audit = await as('operator', ['audit', '--target', id])
  expect(audit.out).toMatch(new RegExp(`orders +the operator +resolve invoice +told by telephone +${id}\n`))
})

test('a group of dead letters is redriven after the fix', async () => {
  const ids = [
    await shop.order({ orderId: 'stuck-2', email: 'nobody@example.com' }),
    await shop.order({ orderId: 'stuck-3', email: 'nobody@example.com' }),
  ]
  const { out } = await as('operator', ['failures', '--service', 'workers'])
  expect(out).toContain('× dead letter of billing.invoice in workers\n  REJECTED: there is no mailbox •••\n')
  const [, group = ''] = /makegood dead-letters redrive --group (\S+)/.exec(out) ?? []
  const redrive = ['dead-letters', 'redrive', '--group', group, '--per-second', '100']

  expect((await as('operator', [...redrive, '--dry-run'])).out).toMatch(/^\d would be done\n/)
  shop.mended = true
  const { code } = await as('operator', [...redrive, ...reasoned, '--yes'])
  expect(code).toBe(exits.done)
  await expect.poll(() => Promise.all(ids.map(statusOf))).toEqual(['completed', 'completed'])
  shop.mended = false
  expect((await as('reader', ['dead-letters', 'list'])).out).toBe('No messages.\n')
})

test('many stuck sagas go on at once, those of a group alone', async () => {
  const ids = [
    await shop.order({ orderId: 'stuck-4', email: 'nobody@example.com' }),
    await shop.order({ orderId: 'stuck-5', email: 'nobody@example.com' }),
  ]
  const { services } = await read('operator', 'failures', '--service', 'orders')
  const group = services[0].groups.find(({ kind }: any) => kind === 'stuck saga')
  expect(group).toMatchObject({ what: 'checkout', code: 'UNPROCESSABLE', step: 'invoice', count: 2 })
  shop.mended = true
  const retried = await read('operator', 'sagas', 'retry', '--group', group.fingerprint, ...reasoned, '--yes')
  expect(retried.results.map(({ id, outcome }: any) => `${id} ${outcome}`).sort()).toEqual(
    ids.map(id => `${id} done`).sort(),
  )
  await expect.poll(() => Promise.all(ids.map(statusOf))).toEqual(['completed', 'completed'])
  shop.mended = false
  const none = await as('operator', ['sagas', 'retry', '--status', 'stuck', ...reasoned, '--yes'])
  expect(none).toMatchObject({ code: exits.done, out: 'There is no saga to retry.\n' })
})

test('a finished order that has passed its pivot is not taken back', async () => {
  const id = await shop.order({ orderId: 'rich-1' })
  const { code, out } = await as('operator', ['sagas', 'compensate', id, '--dry-run'])
  expect(code).toBe(exits.refused)
  expect(out).toContain(`refused  ${id} (checkout rich-1): The saga has passed its pivot: it can only go forward.`)
  expect((await as('operator', ['sagas', 'show', id])).out).not.toContain('What you can do')
})

test('of two operators the second is told what has changed', async () => {
  const id = await shop.order({ orderId: 'stuck-6', email: 'nobody@example.com' })
  const { revision } = (await read('operator', 'sagas', 'show', id)).saga
  await as('operator', ['sagas', 'resolve', id, '--step', 'invoice', '--reply', '{}', ...reasoned])
  await expect.poll(() => statusOf(id)).toBe('completed')
  const { code, out } = await as('admin', ['sagas', 'abandon', id, '--revision', revision, ...reasoned])
  expect(code).toBe(exits.refused)
  expect(out).toMatch(/^1 outdated\n/)
  expect(await statusOf(id)).toBe('completed')
})

describe('who may not', () => {
  test('is told which role it takes, and nothing was done', async () => {
    const id = await shop.order({ orderId: 'stuck-7', email: 'nobody@example.com' })
    const reader = await as('reader', ['sagas', 'retry', id, ...reasoned])
    expect(reader).toMatchObject({ code: exits.refused, err: expect.stringMatching(/refuses you: .*operator/) })
    const operator = await as('operator', ['sagas', 'abandon', id, ...reasoned])
    expect(operator).toMatchObject({ code: exits.refused, out: expect.stringMatching(/^1 forbidden\n.*role admin/) })
    expect((await as('reader', ['audit'])).code).toBe(exits.refused)
    expect((await as('operator', ['prune', ...reasoned])).code).toBe(exits.refused)
    expect(await statusOf(id)).toBe('stuck')
  })

  test('sees no personal data; an admin does, and the audit says so', async () => {
    const show = ['sagas', 'show', 'stuck-7', '--reveal', '--reason', 'a parcel came back']
    const reader = await as('reader', show)
    expect(reader).toMatchObject({ code: exits.refused, err: expect.stringMatching(/refuses you: .*admin/) })
    expect(reader.out).not.toContain('nobody@example.com')
    expect((await as('reader', show.slice(0, 3))).out).not.toContain('nobody@example.com')
    expect((await as('admin', show)).out).toContain('"email": "nobody@example.com"')
    const { out } = await as('admin', ['audit', '--action', 'reveal'])
    expect(out).toMatch(/the admin +reveal +a parcel came back/)
  })

  test('is a stranger to all of them', async () => {
    vi.stubEnv('MAKEGOOD_TOKEN', 'x'.repeat(40))
    const { code, err } = await makegood(['services'])
    expect(code).toBe(exits.refused)
    expect(err.match(/refuses you/g)).toHaveLength(2)
  })
})

test('a payload is put right by an admin, and a message thrown away', async () => {
  const wrong = await shop.order({ orderId: 'stuck-8', email: 'nobody@example.com' })
  const foreign = await shop.order({ orderId: 'stuck-9', email: 'nobody@example.com' })
  const letterOf = (id: string) => `${id}/invoice/forward`

  const shown = await as('operator', ['dead-letters', 'show', letterOf(wrong)])
  expect(shown.out).toMatch(/^command billing\.invoice in workers\n {2}dead/)
  expect(shown.out).toContain('Why\n  REJECTED: there is no mailbox •••\n')
  expect(shown.out).toContain('Body\n  {\n    "orderId": "stuck-8"')

  const redrive = ['dead-letters', 'redrive', letterOf(wrong), '--service', 'workers', ...reasoned, '--payload']
  const refused = await as('admin', [...redrive, '{"orderId":8}'])
  expect(refused).toMatchObject({ code: exits.refused, out: expect.stringMatching(/^1 refused\n.*orderId/) })
  const payload = '{"orderId":"stuck-8","email":"ann@example.com"}'
  expect((await as('operator', [...redrive, payload])).out).toMatch(/^1 forbidden\n/)
  expect((await as('admin', [...redrive, payload])).out).toMatch(/^1 done\n/)
  await expect.poll(() => statusOf(wrong)).toBe('completed')

  const discard = ['dead-letters', 'discard', letterOf(foreign), ...reasoned]
  expect((await as('admin', discard)).out).toMatch(/^1 done\n/)
  expect((await as('admin', discard)).out).toMatch(/^1 unknown\n/)
})

test('what is hosted is drawn, with where its sagas stand', async () => {
  const { out } = await as('reader', ['definitions', 'show', 'checkout'])
  expect(out).toMatch(/payment +compensatable +payment\.charge +DECLINED +payment\.refund +1 h/)
  expect(out).toMatch(/invoice +retriable +billing\.invoice +1 h +\d stuck/)
  const mermaid = await as('reader', ['definitions', 'show', '--format', 'mermaid'])
  expect(mermaid.out).toBe(`%% checkout 1\n${drawing(checkout)}`)
  expect(await read('reader', 'definitions', 'show', 'checkout')).toEqual(
    JSON.parse((await as('reader', ['definitions', 'show', 'checkout', '--format', 'json'])).out),
  )
  expect((await as('reader', ['definitions', 'show', 'nothing'])).code).toBe(exits.refused)
})

test('what ended lately, and what is parked', async () => {
  expect((await as('reader', ['pace'])).out).toMatch(/orders +checkout +compensated +1 /)
  expect((await as('reader', ['parked', 'list', '--service', 'orders'])).out).toMatch(/order\.cancelled .* on holiday/)
})

test('what is finished is pruned at every address, by an admin', async () => {
  const { pruned } = await read('admin', 'prune', ...reasoned)
  expect(pruned).toEqual(urls.map(url => ({ url, rows: 0 })))
})

test('doctor names what needs a person, and where to read on', async () => {
  const { code, out } = await as('reader', ['doctor'])
  expect(code).toBe(exits.refused)
  expect(out).toMatch(
    /✗ orders .*\n {4}\d stuck sagas?\.\n {6}See why: makegood failures\n {6}docs\/runbooks\/stuck-sagas\.md/,
  )
  expect(out).toMatch(/✗ workers .*\n {4}1 dead letter\./)
})

test('of a service that is away the others tell what they know', async () => {
  const id = await shop.order({ orderId: 'rich-2' })
  await apps[1]!.close()
  const services = await as('reader', ['services'])
  expect(services.code).toBe(exits.unavailable)
  expect(services.out).toMatch(/\norders +ready/)
  expect(services.err).toContain(`${urls[1]} is away`)
  expect((await as('reader', ['doctor'])).code).toBe(exits.unavailable)
  const shown = await as('reader', ['sagas', 'show', id])
  expect(shown).toMatchObject({ code: exits.unavailable, out: expect.stringMatching(/^completed {2}rich-2/) })
})
