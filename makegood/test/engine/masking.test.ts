import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { typebox } from '../../src/adapters/typebox/index.ts'
import { command, event } from '../../src/definition/message.ts'
import { handlersFor } from '../../src/definition/participant.ts'
import { saga } from '../../src/definition/saga-chain.ts'
import { Masking, maskingOf } from '../../src/engine/masking.ts'
import { masked } from '../../src/model/masked.ts'

const personal = { 'x-personal': true }
const { handle, on } = handlersFor<unknown>()

/** What is left of a document that one may not see all of. */
function shown(masking: Masking, document: unknown): unknown {
  return masking.over([document]).document(document)
}

describe('a field is masked that is marked in', () => {
  const charge = command('payment.charge', {
    payload: z.object({ email: z.string().meta(personal), amount: z.number() }),
    reply: typebox(Type.Object({ receipt: Type.Object({ holder: Type.String(personal) }) })),
    failures: { DECLINED: z.object({ limit: z.number().meta({ 'x-secret': true }) }) },
  })
  const placed = event('order.placed', {
    payload: z.object({
      phones: z.array(z.string().meta(personal)),
      notes: z.record(z.string(), z.string().meta(personal)),
    }),
  })
  const Address = Type.Object({ street: Type.String() }, personal)
  const checkout = saga('checkout', { version: 1, data: typebox(Type.Object({ shipTo: Type.Optional(Address) })) })
    .pivot('payment', charge, { payload: () => ({ email: 'e', amount: 1 }) })
    .ends({})

  test.each([
    [
      'a command’s payload',
      handle(charge, async () => 0 as never),
      { email: 'ann@example.com', amount: 5 },
      { email: masked, amount: 5 },
    ],
    [
      'its reply',
      handle(charge, async () => 0 as never),
      { receipt: { holder: 'Ann' } },
      { receipt: { holder: masked } },
    ],
    ['a failure’s details', handle(charge, async () => 0 as never), { limit: 100 }, { limit: masked }],
    ['an event, in a list', on(placed, async () => {}), { phones: ['1', '2'] }, { phones: masked }],
    ['an event, whatever its names are', on(placed, async () => {}), { notes: { a: 'b' } }, { notes: masked }],
    ['a saga’s data, as a whole', checkout, { shipTo: { street: 'Elm' } }, { shipTo: masked }],
    ['a message that a saga sends', checkout, { deep: [{ Email: 'ann@example.com' }] }, { deep: [{ Email: masked }] }],
  ])('%s', (_where, hosted, document, left) => {
    expect(shown(maskingOf([hosted]), document)).toEqual(left)
  })

  test('what schemas refer to', () => {
    const Email = { type: 'string', ...personal }
    const schema = Type.Unsafe({
      type: 'object',
      properties: { to: { $ref: '#/$defs/Email' }, next: { $ref: '#' } },
      $defs: { Email },
    })
    const told = event('mail.sent', { payload: typebox(schema) })
    expect(shown(maskingOf([on(told, async () => {})]), { to: 'ann', next: { to: 'bob' } })).toEqual({
      to: masked,
      next: { to: masked },
    })
  })

  test('a whole message is refused: nobody would know it again', () => {
    const told = event('mail.sent', { payload: z.string().meta(personal) })
    expect(() => maskingOf([on(told, async () => {})])).toThrow('The schema of mail.sent is marked as a whole')
  })
})

describe('nobody needs to mark', () => {
  const masking = new Masking([])

  test.each([
    'password',
    'PASSWORD',
    'db_password',
    'accessToken',
    'X-Api-Key',
    'authorization',
    'Set-Cookie',
    'clientSecret',
    'cardNumber',
    'card_number',
    'cvv',
    'pin',
  ])('%s', name => expect(shown(masking, { [name]: 'x1' })).toEqual({ [name]: masked }))

  test.each(['tokens', 'spinner', 'company', 'pinned', 'passwordChangedAt', 'amount'])('but %s is shown', name => {
    expect(shown(masking, { [name]: 'x1' })).toEqual({ [name]: 'x1' })
  })
})

describe('what is masked', () => {
  const masking = new Masking(['email', 'address'])

  test('is masked whatever it is, but what is not there is shown as not there', () => {
    const document = { email: { a: 1 }, list: [{ email: ['x'] }, { email: null }, { email: '' }, { email: 0 }] }
    expect(shown(masking, document)).toEqual({
      email: masked,
      list: [{ email: masked }, { email: null }, { email: '' }, { email: masked }],
    })
  })

  test('is masked in JSON that is kept as a text, however often', () => {
    const text = JSON.stringify({ email: 'ann@example.com', n: 1 })
    expect(shown(masking, { body: JSON.stringify({ text }) })).toEqual({
      body: JSON.stringify({ text: JSON.stringify({ email: masked, n: 1 }) }),
    })
  })

  test('leaves a text that holds none of it as it was written', () => {
    const text = '{ "n" : 1.0 }'
    expect(shown(masking, { text })).toEqual({ text })
  })

  test('is masked where it is repeated, in any letters, and as it stands in JSON', () => {
    const mask = masking.over([{ email: 'Ann"X"@example.com', cardNumber: 4111111111111111 }])
    expect(mask.document({ to: 'Ann"X"@example.com', n: 4111111111111111, of: 4111 })).toEqual({
      to: masked,
      n: masked,
      of: 4111,
    })
    expect(mask.text('no account for ann"x"@EXAMPLE.com (4111111111111111)')).toBe(
      `no account for ${masked} (${masked})`,
    )
    expect(mask.text('it said {"to":"Ann\\"X\\"@example.com"}')).toBe(`it said {"to":"${masked}"}`)
  })

  test('is not looked for where it says nothing', () => {
    const mask = masking.over([{ email: 'a', address: { zip: 12345, open: true } }])
    expect(mask.text('a true 12345')).toBe('a true 12345')
  })

  test('is masked part by part where a thing is', () => {
    expect(masking.over([{ address: { street: 'Elm Street' } }]).text('no house in Elm Street')).toBe(
      `no house in ${masked}`,
    )
  })

  test.each([
    ['Key (email)=(ann@example.com) already exists', `Key (email)=${masked} already exists`],
    ['connect with password=hunter2; retry', `connect with password=${masked}; retry`],
    ['{"n":1,"email":"ann@exa', `{"n":1,"email":${masked}`],
    ['{"email" : {"of":"ann@example.com"}', `{"email" : ${masked}`],
    ['{\\"card_number\\":\\"4111 1111\\",\\"n\\":1', `{\\"card_number\\":${masked},\\"n\\":1`],
    ['GET / with Authorization: Bearer abcdefghijklmnop123', `GET / with Authorization: Bearer ${masked}`],
    [
      `Unexpected token 'a', ..."mail": "ann@e"... is not valid JSON`,
      `Unexpected token 'a', ${masked} is not valid JSON`,
    ],
    ['email: must be string', 'email: must be string'],
    ['the bearer carries a basic token', 'the bearer carries a basic token'],
  ])('is masked in what is no JSON where it is named: %s', (text, left) => {
    expect(masking.over([]).text(text)).toBe(left)
  })

  test('says of an answer whether something is', () => {
    const mask = masking.over([])
    mask.document({ n: 1 })
    expect(mask.used).toBe(false)
    mask.document({ email: 'x' })
    expect(mask.used).toBe(true)
  })
})

describe('hostile documents', () => {
  const masking = new Masking(['email'])

  test('of any depth are shown as far as a hundred levels', () => {
    const deep = `${'['.repeat(100_000)}${'{"email":"ann@example.com"}'}${']'.repeat(100_000)}`
    const left = masking.over([deep]).text(deep)
    expect(left).not.toContain('ann@')
    expect(left).toBe(`${'['.repeat(100)}"${masked}"${']'.repeat(100)}`)
  })

  test('with names that objects have by themselves are shown as they are', () => {
    const document = JSON.parse('{"__proto__":{"email":"ann@example.com"},"constructor":1,"toString":"x"}')
    const left = JSON.stringify(shown(masking, document))
    expect(left).toBe(`{"__proto__":{"email":"${masked}"},"constructor":1,"toString":"x"}`)
  })

  test('of a megabyte, and sentences that look for trouble, take no longer than they should', () => {
    const mask = masking.over([{ email: Array.from({ length: 500 }, (_, n) => `person-${n}@example.com`) }])
    const began = performance.now()
    for (const part of ['email ', 'email=', '"email":', '"email":"', 'password    ', '\\"', '(', '['])
      mask.text(part.repeat(1_000_000 / part.length))
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('that hold more than can be looked for have no sentence shown', () => {
    const mask = masking.over([{ email: Array.from({ length: 501 }, (_, n) => `person-${n}@example.com`) }])
    expect(mask.text('no account for person-500@example.com')).toBe(masked)
  })
})
