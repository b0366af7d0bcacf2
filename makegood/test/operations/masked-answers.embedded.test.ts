import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { masked, mayAct, type Role, type RouteName, roles, routes } from '../../src/operations/contract.ts'
import {
  type Asked,
  ask,
  asking,
  letterAction,
  type OperatedShop,
  operatedShop,
  questionsAbout,
  sagaAction,
  serverOf,
  tokens,
} from './operated-shop.ts'

let shop: OperatedShop
let app: FastifyInstance
let sagaId: string
let letter: string
let unreadable: string

const email = 'nobody@example.com'
const cardNumber = '5500 0000 0000 0004'
/** Nothing of these may be read, in any spelling. */
const personal = [email, 'nobody@', cardNumber, '0000 0004', 'ann@example']

beforeAll(async () => {
  shop = await operatedShop()
  app = await serverOf(shop)
  const note = `write to ${email.toUpperCase()}; ${JSON.stringify({ email, cardNumber })}`
  sagaId = await shop.order({ orderId: 'stuck-1', email, cardNumber, note })
  letter = `${sagaId}/invoice/forward`
  await shop.order({ orderId: 'poor-1', email: 'ann@example.com', cardNumber })
  unreadable = await aLetterThatIsNoJson()
})

afterAll(async () => {
  await app.close()
  await shop.close()
})

/** Broken off where a sender died: nobody can parse it, and everybody can read it. */
async function aLetterThatIsNoJson(): Promise<string> {
  await shop.tell(`{"orderId":"7","email":"${email}","cardNumber":"${cardNumber.slice(0, -1)}`)
  const { rows } = await shop.workers.queries.inbox({ state: 'dead', limit: 10 })
  return rows.find(({ identity }) => identity.startsWith('unreadable/'))!.identity
}

/** Every route, and the questions that come nearest to what is masked. */
function questions(): readonly (readonly [RouteName, Asked])[] {
  const about = questionsAbout({ sagaId, letter })
  const names = (Object.keys(routes) as RouteName[]).filter(name => name !== 'changes')
  const items = [{ id: sagaId }]
  return [
    ...names.map(name => [name, about[name]] as const),
    ['deadLetters', { query: { identity: letter } }],
    ['deadLetters', { query: { identity: unreadable } }],
    ['sagas', { query: { text: 'stuck-1' } }],
    ['sagas', { query: { key: 'stuck-1' } }],
    ['actOnSagas', { body: sagaAction({ kind: 'resolve', step: 'invoice', reply: { email } }, items) }],
    ['actOnSagas', { body: { ...sagaAction({ kind: 'retry' }, items), dryRun: false } }],
    ['actOnDeadLetters', { body: letterAction({ kind: 'redrive', payload: { email: 7 } }, [letter]) }],
    ['audit', {}],
  ]
}

describe.each(roles)('a %s reads nothing that is masked', role => {
  test('in any answer of any route', async () => {
    for (const [name, asked] of questions()) {
      if (!mayAct(role, routes[name].role)) continue
      const { body, statusCode } = await ask(app, name, asked, `Bearer ${tokens[role]}`)
      expect(statusCode, body).toBe(200)
      for (const datum of personal) expect(body.toLowerCase(), `${name} ${JSON.stringify(asked)}`).not.toContain(datum)
    }
  })

  test('by asking for it letter by letter', async () => {
    const found = async (text: string, limit = '50') => {
      const { services } = await asking(app, role)('sagas', { query: { service: 'orders', text, limit } })
      return [services[0].sagas.length, services[0].next]
    }
    expect(await found('stuck-1')).toEqual([1, null])
    for (const text of ['nobody', 'nobody@example.com', '5500', '@example', 'write to NOBODY', '"email":"n'])
      for (const limit of ['1', '50']) expect(await found(text, limit), text).toEqual([0, null])
    expect(await found('CardNumber')).toEqual([2, null])
  })
})

test('nor is it in the log, which says of a message and of a saga why they are in trouble', () => {
  const log = shop.logged.join('\n').toLowerCase()
  for (const datum of personal) expect(log).not.toContain(datum)
  for (const says of [`parked `, `dead letter ${letter}`, `the saga ${sagaId} is stuck`]) expect(log).toContain(says)
  expect(log).toContain(`there is no mailbox ${masked}`)
  expect(log).toContain(`${masked} is on holiday`)
})

test('what is left is what somebody needs to put it right', async () => {
  const read = asking(app, 'reader')
  expect(await read('saga', { params: { id: sagaId } })).toMatchObject({
    key: 'stuck-1',
    data: {
      orderId: 'stuck-1',
      email: masked,
      cardNumber: masked,
      note: `write to ${masked}; {"email":${masked},"cardNumber":${masked}}`,
    },
    trouble: { code: 'UNPROCESSABLE', says: expect.stringContaining(`there is no mailbox ${masked}`) },
    masked: true,
  })
  const { services } = await read('deadLetters', { query: { service: 'workers' } })
  expect(services[0].messages).toMatchObject([
    {
      error: `REJECTED: there is no mailbox ${masked}`,
      envelope: { body: expect.stringContaining('"orderId":"stuck-1"') },
    },
    { envelope: { body: `{"orderId":"7","email":${masked},"cardNumber":${masked}` } },
  ])
  const groups = (await read('failures', { query: { service: 'orders' } })).services[0].groups
  expect(groups.map(({ says }: { says: string }) => says)).toContainEqual(
    expect.stringContaining(`${masked} is on holiday`),
  )
})

describe('an admin who says why', () => {
  const reason = 'the customer asks what we know'
  const reveal = { reveal: 'true', reason }
  const admin = (name: RouteName, asked: Asked) => asking(app, 'admin')(name, asked)
  const looksAt = async (target: string) => {
    const { services } = await admin('audit', { query: { action: 'reveal', target } })
    return services.flatMap(({ service, entries }: any) => entries.map(({ by, reason }: any) => [service, by, reason]))
  }

  test('sees all of one saga', async () => {
    const shown = await admin('saga', { params: { id: sagaId }, query: reveal })
    expect(shown).toMatchObject({ data: { email, cardNumber }, masked: false })
    expect(shown.trouble.says).toContain(email)
    expect(await looksAt(sagaId)).toEqual([['orders', 'the admin', reason]])
  })

  test('sees all of one message', async () => {
    const { services } = await admin('deadLetters', { query: { ...reveal, identity: letter } })
    expect(services[1].messages[0].error).toContain(email)
    expect(JSON.parse(services[1].messages[0].envelope.body)).toMatchObject({ email })
    expect(await looksAt(letter)).toEqual([['workers', 'the admin', reason]])
  })

  test('sees what a service received of a saga that it has not', async () => {
    const id = await shop.order({ orderId: 'rich-7', email: 'bob@example.com' })
    const { services } = await admin('messages', { query: { ...reveal, correlationId: id, service: 'workers' } })
    expect(services[0].messages.length).toBeGreaterThan(0)
    expect(await looksAt(id)).toEqual([['workers', 'the admin', reason]])
  })

  test('leaves no line where there was nothing to see', async () => {
    await admin('deadLetters', { query: { ...reveal, identity: 'none' } })
    await admin('messages', { query: { ...reveal, correlationId: 'none' } })
    const answer = await ask(app, 'saga', { params: { id: 'none' }, query: reveal }, `Bearer ${tokens.admin}`)
    expect(answer.statusCode).toBe(404)
    expect(await looksAt('none')).toEqual([])
  })

  test('sees nothing if the audit cannot be written', async () => {
    await shop.workers.transaction(({ db }) => db.query('alter table makegood.audit rename to gone'))
    const query = { ...reveal, identity: letter }
    const answer = await ask(app, 'deadLetters', { query }, `Bearer ${tokens.admin}`)
    await shop.workers.transaction(({ db }) => db.query('alter table makegood.gone rename to audit'))
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain(email)
  })
})

test.each<Role>(['reader', 'operator'])(
  'a %s who asks for more is refused, and no line says that they saw it',
  async role => {
    const query = { reveal: 'true', reason: 'curious' }
    const answer = await ask(app, 'saga', { params: { id: sagaId }, query }, `Bearer ${tokens[role]}`)
    expect(answer.json()).toMatchObject({
      status: 403,
      detail: `To see what is masked needs the role admin; the ${role} is ${role}.`,
    })
    const { services } = await asking(app, 'admin')('audit', { query: { by: `the ${role}`, action: 'reveal' } })
    expect(services.flatMap(({ entries }: any) => entries)).toEqual([])
  },
)
