import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  type Envelope,
  event,
  handlersFor,
  older,
  type PgClient,
  readingOlder,
  type Schema,
  type Service,
} from '../../src/makegood.ts'
import { aCommand, anAnswer, anEvent } from './peer.ts'
import { orderCompleted, release, reserve } from './shop.ts'
import { effect, type Scene, stage } from './stage.ts'

const { handle, on } = handlersFor<PgClient>()
const begin = stage()

const pens = { orderId: 'o-1', sku: 'pen', quantity: 2 }
const reserving = handle(reserve, async (_payload, { tx, succeed }) => {
  await effect(tx.db, 'reserved')
  return succeed({ reserved: 2 })
})
const noting = on(orderCompleted, async (_payload, { tx }) => effect(tx.db, 'noted'))

async function letters(service: Service<string, PgClient>): Promise<readonly (string | undefined)[]> {
  return (await service.queries.inbox({ state: 'dead', limit: 20 })).rows.map(({ handling }) => handling.error)
}

/** Whatever its address was, it lies in the queue of the service. */
function inQueue({ service }: Scene, envelope: Envelope): Envelope {
  return { ...envelope, address: service.name, direct: true }
}

describe('what cannot be read is a dead letter at once, with its reason, and holds up nobody', () => {
  const good = () => aCommand({ type: 'stock.reserve', payload: pens })
  const spoilt: { readonly [what: string]: { spoil: (envelope: Envelope) => Envelope; reason: RegExp } } = {
    'a body that is no JSON': {
      spoil: envelope => ({ ...envelope, body: '{"orderId":' }),
      reason: /^MESSAGE_UNREADABLE/,
    },
    'no headers at all': { spoil: envelope => ({ ...envelope, headers: {} }), reason: /^MESSAGE_UNREADABLE: .*ce-/ },
    'a header that is out of its range': {
      spoil: envelope => ({ ...envelope, headers: { ...envelope.headers, 'ce-attempt': '-1' } }),
      reason: /^MESSAGE_UNREADABLE: .*ce-attempt/,
    },
    'a message that is too large': {
      spoil: envelope => ({ ...envelope, body: JSON.stringify({ ...pens, note: 'x'.repeat(2_000) }) }),
      reason: /^MESSAGE_TOO_LARGE/,
    },
    'characters that no database keeps': {
      spoil: envelope => ({ ...envelope, body: JSON.stringify({ ...pens, sku: 'a\u0000b' }) }),
      reason: /^MESSAGE_UNREADABLE/,
    },
  }

  for (const [what, { spoil, reason }] of Object.entries(spoilt)) {
    test(what, async () => {
      const scene = await begin([reserving], { limits: { payloadBytesMax: 1_024 } })
      const { peer, wire, service, effects } = scene
      const [bad, next] = [good(), good()]
      await peer.publish([inQueue(scene, spoil(wire.encode(bad))), wire.encode(next)])

      await peer.hears('reply', { sagaId: next.sagaId, failure: undefined })
      await expect.poll(() => letters(service)).toEqual([expect.stringMatching(reason)])
      expect(await effects()).toEqual(['reserved'])
    })
  }

  test('the same garbage under one id is one letter', async () => {
    const scene = await begin([reserving])
    const envelope = inQueue(scene, { ...scene.wire.encode(good()), body: '[' })
    await scene.peer.publish([envelope])
    await scene.peer.publish([envelope])
    const next = good()
    await scene.peer.say(next)
    await scene.peer.hears('reply', { sagaId: next.sagaId })
    expect(await letters(scene.service)).toHaveLength(1)
  })
})

describe('a payload that does not match its schema', () => {
  test('makes a command a dead letter that is answered with UNPROCESSABLE, naming the field', async () => {
    const { peer, service, effects } = await begin([reserving])
    const bad = aCommand({ type: 'stock.reserve', payload: { ...pens, quantity: 'two' } })
    const next = aCommand({ type: 'stock.reserve', payload: pens })
    await peer.say(bad, next)

    const [answer] = await peer.hears('reply', { sagaId: bad.sagaId })
    expect(answer).toMatchObject({
      failure: 'UNPROCESSABLE',
      payload: { error: expect.stringMatching(/^PAYLOAD_INVALID: stock\.reserve: .*quantity/) },
    })
    await peer.hears('reply', { sagaId: next.sagaId, failure: undefined })
    expect(await letters(service)).toHaveLength(1)
    expect(await effects()).toEqual(['reserved'])
  })

  test('makes an event a dead letter', async () => {
    const { peer, service, effects } = await begin([noting])
    await peer.say(anEvent({ type: 'orders.completed', payload: { orderId: 7 } }))
    await peer.say(anEvent({ type: 'orders.completed', payload: { orderId: 'o-1' } }))
    await expect.poll(effects).toEqual(['noted'])
    expect(await letters(service)).toEqual([expect.stringMatching(/^PAYLOAD_INVALID: orders\.completed: .*orderId/)])
  })

  test('an answer of a handler that its command does not declare is an error of the handler', async () => {
    const { peer } = await begin([
      handle(reserve, async (_payload, { succeed }) => succeed({ reserved: 'two' } as never)),
    ])
    const command = aCommand({ type: 'stock.reserve', payload: pens })
    await peer.say(command)
    const [answer] = await peer.hears('reply', { sagaId: command.sagaId })
    expect(answer?.payload).toMatchObject({ error: expect.stringContaining('does not match its schema') })
  })
})

describe('what nothing here reads', () => {
  test('waits, if it is of our own making, for a process that knows it (rule 22)', async () => {
    const scene = await begin([reserving])
    const { peer, service, wire, effects, sql } = scene
    const stranger = aCommand({ type: 'stock.release', payload: pens, direction: 'compensation', stepSucceeded: true })
    await peer.publish([inQueue(scene, wire.encode(stranger))])
    await expect.poll(async () => (await service.queries.figures()).parked).toBe(1)
    expect(await letters(service)).toEqual([])
    await service.stop()

    const releasing = handle(release, async (_payload, { tx, succeed }) => {
      await effect(tx.db, 'released')
      return succeed()
    })
    await sql('update makegood.inbox set due_at = now() where service = $1', [service.name])
    await scene.again([reserving, releasing])
    await peer.hears('reply', { sagaId: stranger.sagaId, failure: undefined })
    expect(await effects()).toEqual(['released'])
  })

  test('is a dead letter after an hour (rule 22)', async () => {
    const scene = await begin([reserving])
    const { peer, service, wire, sql } = scene
    await peer.publish([inQueue(scene, wire.encode(aCommand({ type: 'stock.release', payload: pens })))])
    await expect.poll(async () => (await service.queries.figures()).parked).toBe(1)
    await sql(
      "update makegood.inbox set received_at = now() - interval '61 minutes', due_at = now() where service = $1",
      [service.name],
    )
    await peer.publish([inQueue(scene, wire.encode(aCommand({ type: 'stock.reserve', payload: pens })))])
    await expect.poll(() => letters(service)).toEqual([expect.stringContaining('Nothing in')])
  })

  test('is a dead letter at once, if it is foreign garbage (rule 22)', async () => {
    const scene = await begin([reserving])
    const { peer, service, wire } = scene
    const stranger = wire.encode(aCommand({ type: 'stock.release', payload: pens }))
    await peer.publish([inQueue(scene, { ...stranger, headers: { 'x-from': 'elsewhere' } })])
    await expect.poll(() => letters(service)).toHaveLength(1)
  })
})

describe('failures on the wire', () => {
  test('an UNPROCESSABLE is told from a refusal by a header (rule 24)', async () => {
    const { wire } = await begin([reserving])
    const command = aCommand({ type: 'stock.reserve', payload: pens })
    const dead = wire.encode(anAnswer(command, { failure: 'UNPROCESSABLE', payload: { error: 'broken' } }))
    const refused = wire.encode(anAnswer(command, { failure: 'INSUFFICIENT_STOCK', payload: { available: 0 } }))
    expect([dead, refused].map(({ headers }) => headers['makegood-failure'])).toEqual([
      'UNPROCESSABLE',
      'INSUFFICIENT_STOCK',
    ])
    expect(wire.decode(dead)).toMatchObject({ kind: 'reply', failure: 'UNPROCESSABLE' })
  })
})

describe('a contract that changes', () => {
  const First = z.object({ orderId: z.string(), euros: z.number() })
  const Second = z.object({ orderId: z.string(), cents: z.int() })
  const refunds = (payload: Schema<z.infer<typeof Second>>) =>
    on(event('payment.refunded', { payload }), ({ orderId, cents }, { tx }) => effect(tx.db, `${orderId}: ${cents}`))
  const told = { type: 'payment.refunded', payload: { orderId: 'o-1', euros: 12.5 } } as const

  test('an event of a shape that is known no more is a dead letter, and is handled when that shape is named and it is redriven', async () => {
    const { peer, service, again, effects } = await begin([refunds(Second)])
    await peer.say(anEvent(told))
    await expect.poll(() => letters(service)).toEqual([expect.stringMatching(/^PAYLOAD_INVALID: .*cents/)])
    const [letter] = (await service.queries.inbox({ state: 'dead', limit: 1 })).rows
    await service.stop()

    const both = readingOlder(
      Second,
      older(First, ({ orderId, euros }) => ({ orderId, cents: euros * 100 })),
    )
    const updated = await again([refunds(both)])
    expect(await updated.redrive([letter!.identity])).toEqual([letter!.identity])
    await expect.poll(effects).toEqual(['o-1: 1250'])
    expect(await letters(updated)).toEqual([])
  })
})
