import { describe, expect, test } from 'vitest'
import { type CommandMessage, handlersFor, type PgClient } from '../../src/makegood.ts'
import { aCommand, anEvent } from './peer.ts'
import { charge, orderCompleted, refund, release, reserve } from './shop.ts'
import { effect, stage } from './stage.ts'

// The rules of docs/protocol.md that a participant keeps, one by one; the test plays the orchestrator.

const { handle, callThenRecord, on } = handlersFor<PgClient>()
const begin = stage()

const pens = { orderId: 'o-1', sku: 'pen', quantity: 2 }
const cents = { orderId: 'o-1', cents: 500 }
const reserveCommand = (said: Partial<CommandMessage> = {}) =>
  aCommand({ type: 'stock.reserve', payload: pens, ...said })
const chargeCommand = (said: Partial<CommandMessage> = {}) =>
  aCommand({ type: 'money.charge', payload: cents, step: 'money', ...said })

const reserving = handle(reserve, async (_payload, { tx, succeed }) => {
  await effect(tx.db, 'reserved')
  return succeed({ reserved: 2 })
})
const releasing = handle(release, async (_payload, { tx, succeed }) => {
  await effect(tx.db, 'released')
  return succeed()
})
/** Compensates, or closes, the step of a command. */
const undo = (of: CommandMessage, said: Partial<CommandMessage> = {}) =>
  aCommand({ ...of, type: 'stock.release', id: crypto.randomUUID(), direction: 'compensation', ...said })
const close = (of: CommandMessage, said: Partial<CommandMessage> = {}) =>
  aCommand({ ...of, id: crypto.randomUUID(), payload: undefined, direction: 'close', ...said })

describe('identity, attempts, answers', () => {
  test('two commands for one step are one, whatever their message ids (rule 1)', async () => {
    const { peer, effects } = await begin([reserving])
    const first = reserveCommand()
    await peer.say(first, { ...first, id: crypto.randomUUID() })
    await peer.say({ ...first, id: crypto.randomUUID() })

    expect(await peer.hears('reply', { sagaId: first.sagaId }, 3)).toHaveLength(3)
    expect(await effects()).toEqual(['reserved'])
  })

  test('a database that was restored to the time before a step does it again when it is asked again (rule 25)', async () => {
    const { peer, effects, service, sql } = await begin([reserving])
    const asked = reserveCommand()
    await peer.say(asked)
    await peer.hears('reply', { sagaId: asked.sagaId, failure: undefined })
    await sql('delete from effect')
    await sql('delete from makegood.inbox where service = $1', [service.name])
    expect(await effects()).toEqual([])

    await peer.say({ ...asked, id: crypto.randomUUID() })
    await peer.hears('reply', { sagaId: asked.sagaId, failure: undefined }, 2)
    expect(await effects()).toEqual(['reserved'])
  })

  test('a newer attempt of a refused step runs, and an older one that comes late is dropped (rule 2)', async () => {
    let available = 0
    const { peer, effects } = await begin([
      handle(reserve, async (_payload, { tx, succeed, fail }) => {
        await effect(tx.db, 'reserved')
        return available > 0 ? succeed({ reserved: 2 }) : fail('INSUFFICIENT_STOCK', { available })
      }),
    ])
    const first = reserveCommand()
    await peer.say(first)
    await peer.hears('reply', { sagaId: first.sagaId, attempt: 1, failure: 'INSUFFICIENT_STOCK' })
    available = 9
    await peer.say({ ...first, id: crypto.randomUUID(), attempt: 2 })
    await peer.hears('reply', { sagaId: first.sagaId, attempt: 2, failure: undefined })
    await peer.say({ ...first, id: crypto.randomUUID() })
    const later = reserveCommand()
    await peer.say(later)
    await peer.hears('reply', { sagaId: later.sagaId })

    expect(peer.heard('reply', { sagaId: first.sagaId })).toHaveLength(2)
    expect(await effects()).toEqual(['reserved', 'reserved'])
  })

  test('a newer attempt takes the place of an older one that is parked (rule 2)', async () => {
    let errors = 1
    const { peer, effects, service } = await begin([
      handle(reserve, async (_payload, { tx, succeed }) => {
        await effect(tx.db, 'reserved')
        if (errors-- > 0) throw new Error('flaky')
        return succeed({ reserved: 2 })
      }),
    ])
    const retry = { attempts: 9, forMs: 3_600_000, firstDelayMs: 600_000, delayMsMax: 600_000 }
    const first = reserveCommand({ retry })
    await peer.say(first)
    await expect.poll(async () => (await service.queries.figures()).parked).toBe(1)
    await peer.say({ ...first, id: crypto.randomUUID(), attempt: 2 })

    const [answer] = await peer.hears('reply', { sagaId: first.sagaId })
    expect(answer).toMatchObject({ attempt: 2, failure: undefined })
    expect(await effects()).toEqual(['reserved'])
    expect((await service.queries.figures()).parked).toBe(0)
  })

  test('every answer has an id of its own and names its command; one that comes again is answered again (rule 3)', async () => {
    const { peer } = await begin([reserving])
    const first = reserveCommand()
    const again = { ...first, id: crypto.randomUUID() }
    await peer.say(first)
    await peer.hears('reply', { causationId: first.id })
    await peer.say(again)

    const [answer] = await peer.hears('reply', { causationId: first.id })
    const [second] = await peer.hears('reply', { causationId: again.id })
    expect(second?.payload).toEqual(answer?.payload)
    expect(second?.id).not.toBe(answer?.id)
  })

  test('that a command cannot be processed is answered again too, and nothing is run for it (rule 3)', async () => {
    let runs = 0
    const { peer } = await begin([
      handle(reserve, async () => {
        runs += 1
        throw new Error('broken')
      }),
    ])
    const first = reserveCommand()
    await peer.say(first)
    await peer.hears('reply', { sagaId: first.sagaId, failure: 'UNPROCESSABLE' })
    await peer.say({ ...first, id: crypto.randomUUID() })
    await peer.hears('reply', { sagaId: first.sagaId, failure: 'UNPROCESSABLE' }, 2)
    expect(runs).toBe(2)
  })

  test('one whose payload cannot be read is answered again too, and so is a newer attempt of it (rules 2 and 3)', async () => {
    const { peer, service } = await begin([reserving])
    const first = reserveCommand({ payload: { ...pens, quantity: 'two' } })
    await peer.say(first)
    await peer.hears('reply', { sagaId: first.sagaId, failure: 'UNPROCESSABLE' })
    await peer.say({ ...first, id: crypto.randomUUID() })
    await peer.hears('reply', { sagaId: first.sagaId, failure: 'UNPROCESSABLE', attempt: 1 }, 2)
    await peer.say({ ...first, id: crypto.randomUUID(), attempt: 2 })
    await peer.hears('reply', { sagaId: first.sagaId, failure: 'UNPROCESSABLE', attempt: 2 })
    expect((await service.queries.inbox({ state: 'dead', limit: 9 })).rows).toHaveLength(1)
  })

  test('the same step with another payload is a dead letter with the reason IDENTITY_REUSED (rule 4)', async () => {
    const { peer, effects, service } = await begin([reserving])
    const first = reserveCommand()
    await peer.say(first)
    await peer.hears('reply', { sagaId: first.sagaId })
    await peer.say({ ...first, id: crypto.randomUUID(), payload: { ...pens, quantity: 3 } })

    const dead = async () => (await service.queries.inbox({ state: 'dead', limit: 9 })).rows
    await expect.poll(dead).toHaveLength(1)
    expect((await dead())[0]?.handling.error).toMatch(/^IDENTITY_REUSED/)
    expect(await effects()).toEqual(['reserved'])
    expect(peer.heard('reply', { sagaId: first.sagaId })).toHaveLength(1)
  })

  test('a command older than the inbox that is not on record is refused as EXPIRED (rule 5)', async () => {
    const { peer, effects } = await begin([reserving], { limits: { inboxMs: 60_000 } })
    const old = reserveCommand({ firstSentAt: Date.now() - 120_000 })
    await peer.say(old)

    await peer.hears('reply', { sagaId: old.sagaId, failure: 'EXPIRED' })
    expect(await effects()).toEqual([])
  })

  test('a command older than the inbox that is on record is answered from it (rule 5)', async () => {
    const { peer, effects, sql, service } = await begin([reserving], { limits: { inboxMs: 60_000 } })
    const command = reserveCommand({ firstSentAt: Date.now() - 59_000 })
    await peer.say(command)
    await peer.hears('reply', { sagaId: command.sagaId, failure: undefined })
    await peer.say({ ...command, id: crypto.randomUUID(), firstSentAt: Date.now() - 120_000, stepFirstSentAt: 0 })

    await peer.hears('reply', { sagaId: command.sagaId, failure: undefined }, 2)
    expect(await effects()).toEqual(['reserved'])
    expect(await sql('select 1 from makegood.inbox where service = $1', [service.name])).toHaveLength(1)
  })

  test('services that share a database take up their own rows only (rule 6)', async () => {
    const fails = handle(reserve, async () => {
      throw new Error('only here')
    })
    const one = await begin([fails])
    const two = await begin([reserving])
    const command = reserveCommand({ retry: { attempts: 9, forMs: 60_000, firstDelayMs: 5, delayMsMax: 5_000 } })
    await one.peer.say(command)
    await two.peer.say(command)

    await two.peer.hears('reply', { sagaId: command.sagaId, failure: undefined })
    await expect.poll(async () => (await one.service.queries.figures()).parked).toBe(1)
    expect((await two.service.queries.figures()).parked).toBe(0)
    expect(one.peer.heard('reply', { sagaId: command.sagaId })).toEqual([])
    expect(await two.effects()).toEqual(['reserved'])
  })

  test('all reactions of one service to one event are one handling (rule 6)', async () => {
    let errors = 1
    const { peer, effects } = await begin([
      on(orderCompleted, async (_payload, { tx }) => effect(tx.db, 'first')),
      on(orderCompleted, async (_payload, { tx }) => {
        await effect(tx.db, 'second')
        if (errors-- > 0) throw new Error('flaky')
      }),
    ])
    await peer.say(anEvent({ type: 'orders.completed', payload: { orderId: 'o-1' } }))
    await expect.poll(effects).toEqual(['first', 'second'])
  })
})

describe('compensation', () => {
  test('a compensation runs for a step that succeeded (rule 7)', async () => {
    const { peer, effects } = await begin([reserving, releasing])
    const step = reserveCommand()
    await peer.say(step)
    await peer.hears('reply', { sagaId: step.sagaId, direction: 'forward' })
    await peer.say(undo(step))

    await peer.hears('reply', { sagaId: step.sagaId, direction: 'compensation', failure: undefined })
    expect(await effects()).toEqual(['reserved', 'released'])
  })

  test('a compensation of a step that never came closes it, and the step does nothing afterwards (rule 7)', async () => {
    const { peer, effects } = await begin([reserving, releasing])
    const step = reserveCommand()
    await peer.say(undo(step))
    await peer.hears('reply', { sagaId: step.sagaId, direction: 'compensation', failure: undefined })
    await peer.say(step)
    const later = reserveCommand()
    await peer.say(later)
    await peer.hears('reply', { sagaId: later.sagaId })

    expect(await effects()).toEqual(['reserved'])
    expect(peer.heard('reply', { sagaId: step.sagaId, direction: 'forward' })).toEqual([])
  })

  test('a compensation and its step in one batch leave nothing done, in whatever order (rule 7)', async () => {
    const { peer, effects } = await begin([reserving, releasing])
    const [late, early] = [reserveCommand(), reserveCommand()]
    await peer.say(undo(late), late, early, undo(early))
    await peer.hears('reply', { sagaId: late.sagaId, direction: 'compensation' })
    await peer.hears('reply', { sagaId: early.sagaId, direction: 'compensation' })

    expect(await effects()).toEqual(['reserved', 'released'])
  })

  test('a compensation runs without a record if the orchestrator knows that the step succeeded (rule 7)', async () => {
    const { peer, effects } = await begin([reserving, releasing])
    const step = reserveCommand()
    await peer.say(undo(step, { stepSucceeded: true }))

    await peer.hears('reply', { sagaId: step.sagaId, direction: 'compensation', failure: undefined })
    expect(await effects()).toEqual(['released'])
  })

  test('a step that ran answers the closing with its reply, so that its compensation can be made of it (rule 8)', async () => {
    const { peer, effects } = await begin([reserving])
    const step = reserveCommand()
    await peer.say(step)
    await peer.hears('reply', { sagaId: step.sagaId, direction: 'forward' })
    await peer.say(close(step))

    const [answer] = await peer.hears('reply', { sagaId: step.sagaId, direction: 'close' })
    expect(answer).toMatchObject({ failure: undefined, payload: { reserved: 2 } })
    expect(await effects()).toEqual(['reserved'])
  })

  test('a step that was closed before it came never runs (rule 8)', async () => {
    const { peer, effects } = await begin([reserving])
    const step = reserveCommand()
    await peer.say(close(step))
    await peer.hears('reply', { sagaId: step.sagaId, direction: 'close', failure: 'CLOSED' })
    await peer.say(step)
    const later = reserveCommand()
    await peer.say(later)
    await peer.hears('reply', { sagaId: later.sagaId })

    expect(await effects()).toEqual(['reserved'])
  })

  test('the compensation of a dead step closes its letter: a redrive then does nothing (rule 9)', async () => {
    let isBroken = true
    const { peer, effects, service } = await begin([
      handle(reserve, async (_payload, { tx, succeed }) => {
        if (isBroken) throw new Error('broken')
        await effect(tx.db, 'reserved')
        return succeed({ reserved: 2 })
      }),
      releasing,
    ])
    const step = reserveCommand()
    await peer.say(step)
    await peer.hears('reply', { sagaId: step.sagaId, failure: 'UNPROCESSABLE' })
    const [letter] = (await service.queries.inbox({ state: 'dead', limit: 9 })).rows
    await peer.say(undo(step))
    await peer.hears('reply', { sagaId: step.sagaId, direction: 'compensation', failure: undefined })
    isBroken = false

    expect(await service.redrive([letter!.identity])).toEqual([])
    expect((await service.queries.inbox({ state: 'dead', limit: 9 })).rows).toEqual([])
    expect(await effects()).toEqual([])
  })
})

describe('retries', () => {
  test('the policy in the command is applied: that many attempts, then a dead letter and its answer (rule 14)', async () => {
    const attempts: number[] = []
    const { peer, service, transport, wire } = await begin([
      handle(reserve, async (_payload, { message }) => {
        attempts.push(message.attempt)
        throw new Error('broken')
      }),
    ])
    const command = reserveCommand({ retry: { attempts: 4, forMs: 60_000, firstDelayMs: 5, delayMsMax: 10 } })
    await peer.say(command)

    const [answer] = await peer.hears('reply', { sagaId: command.sagaId })
    expect(answer).toMatchObject({ failure: 'UNPROCESSABLE', payload: { error: 'broken' } })
    expect(attempts).toEqual([1, 2, 3, 4])
    expect((await service.queries.inbox({ state: 'dead', limit: 9 })).rows).toHaveLength(1)
    const copies = transport.deadLetters(wire.queueOf(service.name)!.deadLetters)
    expect(
      copies.map(({ headers }) => headers['makegood-original-id']),
      'a copy (rule 20)',
    ).toEqual([command.id])
  })

  test('a policy of a time gives up when the time is over (rule 14)', async () => {
    const { peer } = await begin([
      handle(reserve, async () => {
        throw new Error('broken')
      }),
    ])
    const retry = { attempts: undefined, forMs: 200, firstDelayMs: 20, delayMsMax: 20 }
    const command = reserveCommand({ retry })
    await peer.say(command)
    await peer.hears('reply', { sagaId: command.sagaId, failure: 'UNPROCESSABLE' })
  })
})

describe('what is no attempt', () => {
  test.each(['40001', '40P01', '55P03'])('a conflict between transactions, SQLSTATE %s (rule 14)', async code => {
    let conflicts = 4
    const { peer, effects } = await begin([
      handle(reserve, async (_payload, { tx, succeed, message }) => {
        await effect(tx.db, `attempt ${message.attempt}`)
        if (conflicts-- > 0) throw Object.assign(new Error('conflict'), { code })
        return succeed({ reserved: 2 })
      }),
    ])
    const command = reserveCommand({ retry: { attempts: 1, forMs: 60_000, firstDelayMs: 5, delayMsMax: 5 } })
    await peer.say(command)
    await peer.hears('reply', { sagaId: command.sagaId, failure: undefined })
    expect(await effects()).toEqual(['attempt 1'])
  })
})

describe('dead letters', () => {
  test('one that is redriven is handled, and its command answered, as if nothing had been (rule 9)', async () => {
    let isBroken = true
    const { peer, effects, service } = await begin([
      handle(reserve, async (_payload, { tx, succeed }) => {
        if (isBroken) throw new Error('broken')
        await effect(tx.db, 'reserved')
        return succeed({ reserved: 2 })
      }),
    ])
    const command = reserveCommand()
    await peer.say(command)
    await peer.hears('reply', { sagaId: command.sagaId, failure: 'UNPROCESSABLE' })
    isBroken = false
    const [letter] = (await service.queries.inbox({ state: 'dead', limit: 9 })).rows

    expect(await service.redrive([letter!.identity])).toEqual([letter!.identity])
    const [answer] = await peer.hears('reply', { sagaId: command.sagaId, failure: undefined })
    expect(answer).toMatchObject({ attempt: 1, payload: { reserved: 2 } })
    expect(await effects()).toEqual(['reserved'])
  })
})

describe('calls to the outside', () => {
  const recording = async (
    result: string,
    { tx, succeed }: { tx: { db: PgClient }; succeed: (reply: { transaction: string }) => never },
  ) => {
    await effect(tx.db, 'charged')
    return succeed({ transaction: result })
  }
  const refunding = callThenRecord(refund, {
    call: async (_payload, { key }) => key,
    record: async (_result, { tx, succeed }) => {
      await effect(tx.db, 'refunded')
      return succeed()
    },
  })

  test('the key for the provider is the same for every try and another after a recorded refusal (rule 15)', async () => {
    const keys: string[] = []
    const { peer } = await begin([
      callThenRecord(charge, {
        call: async (_payload, { key }) => {
          keys.push(key)
          if (keys.length === 1) throw new Error('The provider is down.')
          return key
        },
        record: async (result, { succeed, fail }) =>
          keys.length < 3 ? fail('DECLINED', { reason: 'no' }) : succeed({ transaction: result }),
      }),
    ])
    const first = chargeCommand()
    await peer.say(first)
    await peer.hears('reply', { sagaId: first.sagaId, failure: 'DECLINED' })
    await peer.say({ ...first, id: crypto.randomUUID(), attempt: 2 })
    await peer.hears('reply', { sagaId: first.sagaId, failure: undefined })

    const key = `${first.sagaId}/money/forward`
    expect(keys).toEqual([`${key}/0`, `${key}/0`, `${key}/1`])
  })

  test('no call is made for a command that has its answer (rule 15)', async () => {
    let calls = 0
    const { peer } = await begin([
      callThenRecord(charge, {
        call: async () => {
          calls += 1
          return 'tx'
        },
        record: recording as never,
      }),
    ])
    const first = chargeCommand()
    await peer.say(first)
    await peer.hears('reply', { sagaId: first.sagaId })
    await peer.say({ ...first, id: crypto.randomUUID() })
    await peer.hears('reply', { sagaId: first.sagaId }, 2)
    expect(calls).toBe(1)
  })

  test('a compensation waits for a call in flight, and then runs for what it did (rule 15)', async () => {
    let answer: (result: string) => void = () => {}
    let calls = 0
    const { peer, effects } = await begin([
      callThenRecord(charge, {
        call: () => {
          calls += 1
          return new Promise<string>(resolve => {
            answer = resolve
          })
        },
        record: recording as never,
      }),
      refunding,
    ])
    const step = chargeCommand()
    await peer.say(step)
    await expect.poll(() => calls).toBe(1)
    await peer.say(undo(step, { type: 'money.refund', payload: cents }))
    const other = chargeCommand()
    await peer.say(undo(other, { type: 'money.refund', payload: cents }))
    await peer.hears('reply', { sagaId: other.sagaId, direction: 'compensation' })
    expect(peer.heard('reply', { sagaId: step.sagaId })).toEqual([])
    answer('tx-1')

    await peer.hears('reply', { sagaId: step.sagaId, direction: 'compensation', failure: undefined })
    expect(await effects()).toEqual(['charged', 'refunded'])
  })

  test('a step whose call was given up is in doubt: its compensation runs, and it never does again (rule 15)', async () => {
    const { peer, effects, service } = await begin([
      callThenRecord(charge, { call: () => new Promise<string>(() => {}), callMsMax: 50, record: recording as never }),
      refunding,
    ])
    const step = chargeCommand({ retry: { attempts: 9, forMs: 60_000, firstDelayMs: 30_000, delayMsMax: 30_000 } })
    await peer.say(step)
    await expect
      .poll(async () => (await service.queries.inbox({ state: 'parked', limit: 9 })).rows[0]?.handling.error)
      .toMatch(/took longer than 50 ms/)
    await peer.say(undo(step, { type: 'money.refund', payload: cents }))
    await peer.hears('reply', { sagaId: step.sagaId, direction: 'compensation', failure: undefined })

    expect(await effects()).toEqual(['refunded'])
    expect((await service.queries.inboxRow(`${step.sagaId}/money/forward`))?.handling.state).toBe('in doubt')
    expect((await service.queries.figures()).parked).toBe(0)
  })
})
