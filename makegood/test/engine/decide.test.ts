import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { decide, notStarted, wakeAtOf } from '../../src/engine/decide.ts'
import { command, event, type Saga, saga } from '../../src/makegood.ts'
import type { Input, SagaState } from '../../src/model/saga-state.ts'
import { failed, givenSaga, succeeded } from '../../src/testing/given-saga.ts'

// One example for each rule of docs/protocol.md that `decide` keeps; decide.property.test.ts walks the rest.

const anything = z.unknown()
const id = z.object({ id: z.string() })
const reserve = command('stock.reserve', { payload: anything, reply: id, failures: { SOLD_OUT: z.undefined() } })
const release = command('stock.release', { payload: id, failures: { LOCKED: z.undefined() } })
const charge = command('money.charge', { payload: anything, reply: id, failures: { DECLINED: z.undefined() } })
const refund = command('money.refund', { payload: anything })
const pack = command('parcels.pack', { payload: anything, reply: id, failures: { TORN: z.undefined() } })
const unpack = command('parcels.unpack', { payload: id })
const ship = command('parcels.ship', { payload: anything, failures: { NO_CARRIER: z.undefined() } })
const tell = command('mail.tell', { payload: anything, failures: { BOUNCED: z.undefined() } })
const done = event('shop.done', { payload: anything })

const reserved = succeeded({ id: 'r' })
const charged = succeeded({ id: 'c' })
const packed = succeeded({ id: 'p' })
const payload = () => null
const hourMs = 3_600_000

const start = saga('order', { version: 1, data: anything })
const stock = {
  payload,
  compensation: { command: release, payload: (_: unknown, { stock }: { stock: { id: string } }) => stock },
}
const money = {
  payload,
  compensation: {
    command: refund,
    payload: (_: unknown, { money }: { money: { id: string } }) => money,
    inDoubt: () => 'in doubt',
  },
}

const order = start
  .compensatable('stock', reserve, stock)
  .compensatable('money', charge, money)
  .retriable('parcel', ship, { payload, retry: { attempts: 3 } })
  .bestEffort('mail', tell, { payload })
  .ends({ completed: { event: done, payload: (_, { money }) => money } })

const beside = start
  .parallel(together => together.compensatable('stock', reserve, stock).compensatable('money', charge, money))
  .ends()

const decided = start.compensatable('stock', reserve, stock).pivot('parcel', ship, { payload }).ends()

describe('going forward', () => {
  test('steps run in order, see the replies before them, and the end is published', () => {
    givenSaga(order, null)
      .sends(reserve)
      .whenItReplies(reserved)
      .sends(charge)
      .whenItReplies(charged)
      .sends(ship)
      .whenItReplies(succeeded())
      .sends(tell)
      .whenItReplies(succeeded())
      .publishes(done, { id: 'c' })
      .endsAs('completed')
  })

  test('a step whose condition says no is left out', () => {
    const gift = start
      .compensatable('stock', reserve, { ...stock, when: () => false })
      .retriable('parcel', ship, { payload })
      .ends()
    givenSaga(gift, null).sends(ship).whenItReplies(succeeded()).endsAs('completed')
  })

  test('a best-effort step that is refused, dead or silent holds up nothing', () => {
    const newsletter = start.bestEffort('mail', tell, { payload }).retriable('parcel', ship, { payload }).ends()
    const told = () => givenSaga(newsletter, null).sends(tell)
    told().whenItReplies(failed('BOUNCED')).sends(ship).whenItReplies(succeeded()).endsAs('completed')
    told().whenItReplies(failed('UNPROCESSABLE')).sends(ship).whenItReplies(succeeded()).endsAs('completed')
    told().whenItStaysSilent().sends(ship).whenItReplies(succeeded()).endsAs('completed')
  })
})

describe('attempts (rule 2)', () => {
  test('a retriable step that is refused is sent as a new attempt after a pause, until its policy is used up', () => {
    const { send, states } = played(order, [
      answer('stock', 1, { id: 'r' }),
      answer('money', 1, { id: 'c' }),
      refusal('parcel', 1, 'NO_CARRIER'),
      'time',
      refusal('parcel', 2, 'NO_CARRIER'),
      'time',
      refusal('parcel', 3, 'NO_CARRIER'),
    ])
    expect(send.filter(({ step }) => step === 'parcel').map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(states.at(-1)).toMatchObject({ status: 'stuck', trouble: { code: 'FAILED', step: 'parcel' } })
  })

  test('the answer to an older attempt is not heeded', () => {
    const { states } = played(order, [
      answer('stock', 1, { id: 'r' }),
      answer('money', 1, { id: 'c' }),
      refusal('parcel', 1, 'NO_CARRIER'),
      'time',
      refusal('parcel', 1, 'NO_CARRIER'),
    ])
    expect(states.at(-1)).toBe(states.at(-2))
  })

  test('an answer that names no attempt counts for the one that is open, and for nothing during a pause', () => {
    const foreign = { ...refusal('parcel', 1, 'NO_CARRIER'), attempt: undefined }
    const { send, states } = played(order, [
      answer('stock', 1, { id: 'r' }),
      answer('money', 1, { id: 'c' }),
      foreign,
      foreign,
      'time',
      { ...answer('parcel', 2, undefined), attempt: undefined },
    ])
    expect(states.at(-3)).toBe(states.at(-4))
    expect(send.filter(({ step }) => step === 'parcel').map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(states.at(-1)).toMatchObject({ steps: { parcel: { forward: { state: 'succeeded' } } } })
  })

  test('an operator who retries sends what is open as a new attempt with the age of the first', () => {
    const { send } = played(decided, [answer('stock', 1, { id: 'r' }), 'time', request('retry')])
    const [first, again, retried] = send.filter(({ step }) => step === 'parcel')
    expect([first?.attempt, again?.attempt, retried?.attempt]).toEqual([1, 1, 2])
    expect(retried?.firstSentAt).toBe(first?.firstSentAt)
  })
})

describe('going back (rules 7 to 10)', () => {
  test('what was done is undone in reverse order, each with the reply of its step', () => {
    givenSaga(
      start
        .compensatable('stock', reserve, stock)
        .compensatable('parcel', pack, {
          payload,
          compensation: { command: unpack, payload: (_, { parcel }) => parcel },
        })
        .pivot('money', charge, { payload })
        .ends(),
      null,
    )
      .sends(reserve)
      .whenItReplies(reserved)
      .sends(pack)
      .whenItReplies(packed)
      .sends(charge)
      .whenItReplies(failed('DECLINED'))
      .sends(unpack, { id: 'p' })
      .whenItReplies(succeeded())
      .sends(release, { id: 'r' })
      .whenItReplies(succeeded())
      .endsAs('compensated')
  })

  test('a step that was refused is not compensated', () => {
    givenSaga(order, null).sends(reserve).whenItReplies(failed('SOLD_OUT')).endsAs('compensated')
  })

  test('a step that is a dead letter is compensated like a silent one (rule 9)', () => {
    givenSaga(order, null)
      .sends(reserve)
      .whenItReplies(reserved)
      .sends(charge)
      .whenItReplies(failed('UNPROCESSABLE'))
      .sends(refund, 'in doubt')
      .whenItReplies(succeeded())
      .sends(release)
      .whenItReplies(succeeded())
      .endsAs('compensated')
  })

  test('a pivot, a retriable step or a compensation that is a dead letter calls a person (rule 9)', () => {
    const packing = () => givenSaga(decided, null).sends(reserve).whenItReplies(reserved).sends(ship)
    packing().whenItReplies(failed('UNPROCESSABLE')).endsStuck('UNPROCESSABLE')
    packing()
      .whenItReplies(failed('NO_CARRIER'))
      .sends(release)
      .whenItReplies(failed('UNPROCESSABLE'))
      .endsStuck('UNPROCESSABLE')
  })

  test('a letter that is redriven sets the saga going again', () => {
    const sent = givenSaga(decided, null).sends(reserve).whenItReplies(reserved).sends(ship)
    sent.whenItReplies(failed('UNPROCESSABLE')).endsStuck('UNPROCESSABLE')
    sent.whenItReplies(succeeded()).endsAs('completed')
  })

  test('a silent step without a payload for doubt is asked to close, and compensated with the reply it then gives (rule 8)', () => {
    const closing = () => givenSaga(order, null).sends(reserve).whenItStaysSilent().asksToClose(reserve)
    closing().whenItHadNotRun().endsAs('compensated')
    closing().whenItHadRun({ id: 'r' }).sends(release, { id: 'r' }).whenItReplies(succeeded()).endsAs('compensated')
    closing().whenNobodyKnows().endsStuck('IN_DOUBT')
  })

  test('where nobody can be asked to close, a silent step without a payload for doubt calls a person', () => {
    const stuck = givenSaga(order, null, { canClose: false }).sends(reserve).whenItStaysSilent()
    stuck.endsStuck('IN_DOUBT')
    stuck.whenAskedTo({ kind: 'skip', step: 'stock' }).endsAs('compensated')
  })

  test('a group is settled before it is compensated (rule 10)', () => {
    const group = givenSaga(beside, null)
    const charging = group.sends(charge)
    group.sends(reserve).whenItReplies(failed('SOLD_OUT')).sendsNothing()
    charging.whenItReplies(charged).sends(refund).whenItReplies(succeeded()).endsAs('compensated')
  })

  test('a group behind another step is settled too', () => {
    const later = start
      .compensatable('parcel', pack, { payload, compensation: 'not needed' })
      .parallel(together => together.compensatable('stock', reserve, stock).compensatable('money', charge, money))
      .ends()
    const group = givenSaga(later, null).sends(pack).whenItReplies(packed)
    const charging = group.sends(charge)
    group.sends(reserve).whenItReplies(failed('SOLD_OUT')).sendsNothing()
    charging.whenItReplies(charged).sends(refund).whenItReplies(succeeded()).endsAs('compensated')
  })

  test('a compensation that is refused is tried again, as a new attempt', () => {
    const { send } = played(decided, [
      answer('stock', 1, { id: 'r' }),
      refusal('parcel', 1, 'NO_CARRIER'),
      { ...refusal('stock', 1, 'LOCKED'), direction: 'compensation' },
      'time',
    ])
    expect(send.filter(({ direction }) => direction === 'compensation').map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  test('a compensation in another service is told to run even in doubt, for it has no record of the step', () => {
    const elsewhere = start
      .compensatable('stock', reserve, {
        payload,
        compensation: { command: refund, payload: () => 'known', inDoubt: () => 'in doubt' },
      })
      .ends()
    const { send } = played(elsewhere, ['time', { ...refusal('stock', 1, 'IN_DOUBT'), direction: 'close' }])
    expect(send.map(({ direction }) => direction)).toEqual(['forward', 'close', 'compensation'])
    expect(send.at(-1)).toMatchObject({ payload: 'in doubt', stepSucceeded: true })
  })
})

describe('what is over (rule 11)', () => {
  test('a completed saga may be compensated by an operator if it has passed no pivot', () => {
    const { states } = played(beside, [
      answer('stock', 1, { id: 'r' }),
      answer('money', 1, { id: 'c' }),
      request('compensate'),
    ])
    expect(states.map(({ status }) => status)).toEqual(['running', 'running', 'completed', 'compensating'])
  })

  test('a step that a later one needs the reply of is not skipped: the answer says what to do instead', () => {
    const needy = start
      .compensatable('stock', reserve, stock)
      .compensatable('money', charge, {
        ...money,
        payload: (_data, { stock }) => ({ id: stock.id.toLowerCase() }),
      })
      .ends({})
    const saga = { definition: needy as Saga, data: null }
    const circumstances = { now: Date.UTC(2026, 0, 1), canClose: false }
    const { state } = decide(saga, notStarted(needy as Saga, circumstances.now), { kind: 'start' }, circumstances)
    const skip: Input = { kind: 'request', action: { kind: 'skip', step: 'stock' }, by: 'anna', reason: 'called' }
    const { refused, state: after } = decide(saga, state, skip, circumstances)
    expect(refused).toMatch(
      /^The saga's own code cannot go on from there \(.+\): .+ Resolve it with that reply instead\.$/,
    )
    expect(after).toBe(state)
  })

  test('a saga that has passed its pivot only goes forward', () => {
    const { refused } = played(decided, [answer('stock', 1, { id: 'r' }), request('compensate')])
    expect(refused).toBe('The saga has passed its pivot: it can only go forward.')
  })

  test('a compensated saga stays so, whoever asks', () => {
    for (const kind of ['retry', 'compensate', 'abandon'] as const) {
      const { states, refused } = played(order, [refusal('stock', 1, 'SOLD_OUT'), request(kind)])
      expect(states.at(-1)).toBe(states.at(-2))
      expect(refused).toMatch(/^The saga is compensated/)
    }
  })
})

describe('silence (rule 12)', () => {
  test('before its deadline has passed a step is waited for', () => {
    givenSaga(order, null)
      .sends(reserve)
      .whenTimePasses(hourMs - 1)
      .sendsNothing()
  })

  test('a pivot is asked again with growing pauses, eight times, and then a person is called', () => {
    const inputs = [answer('stock', 1, { id: 'r' }), ...Array.from({ length: 9 }, () => 'time' as const)]
    const { send, times, states } = played(decided, inputs)
    expect(send.filter(({ step }) => step === 'parcel')).toHaveLength(9)
    const pauses = times.slice(2).map((at, turn) => (at - times[turn + 1]!) / hourMs)
    expect(pauses).toEqual([1, 2, 4, 8, 16, 24, 24, 24, 24])
    expect(states.at(-1)).toMatchObject({ status: 'stuck', trouble: { code: 'SILENT', step: 'parcel' } })
  })

  test('the deadline of the whole saga compensates before the pivot and calls a person after it', () => {
    const hasty = saga('order', { version: 1, data: anything, deadlineMs: 1_000 })
      .compensatable('money', charge, money)
      .pivot('parcel', ship, { payload })
      .ends()
    givenSaga(hasty, null)
      .sends(charge)
      .whenTimePasses(1_000)
      .sends(refund, 'in doubt')
      .whenItReplies(succeeded())
      .endsAs('compensated')
    const shipping = givenSaga(hasty, null).sends(charge).whenItReplies(charged).sends(ship)
    shipping.whenTimePasses(1_000).endsStuck('DEADLINE_PASSED')
    shipping.whenItReplies(succeeded()).endsAs('completed')
  })
})

describe('a definition whose own code throws (rule 13)', () => {
  const broken = { throws: true }
  const fragile = start
    .compensatable('stock', reserve, stock)
    .retriable('parcel', ship, {
      payload: () => {
        if (broken.throws) throw new Error('no address')
        return null
      },
    })
    .ends()

  test('makes the saga stuck, and the same input is decided again on retry', () => {
    broken.throws = true
    const stuck = givenSaga(fragile, null).sends(reserve).whenItReplies(reserved)
    stuck.endsStuck('DEFINITION_THREW')
    broken.throws = false
    stuck.whenAskedTo({ kind: 'retry' }).sends(ship).whenItReplies(succeeded()).endsAs('completed')
  })

  test('says what was thrown', () => {
    broken.throws = true
    const { states } = played(fragile, [answer('stock', 1, { id: 'r' })])
    expect(states.at(-1)).toMatchObject({ trouble: { says: 'no address', step: 'stock' } })
  })
})

describe('an operator', () => {
  const shipping = () => givenSaga(decided, null).sends(reserve).whenItReplies(reserved).sends(ship)

  test('skips a step that is closed first, so that it does not run afterwards (rule 9)', () => {
    const closing = () => shipping().whenAskedTo({ kind: 'skip', step: 'parcel' }).asksToClose(ship)
    closing().whenItHadNotRun().endsAs('completed')
    closing().whenItHadRun(undefined).endsAs('completed')
    closing().whenNobodyKnows().endsAs('completed')
  })

  test('resolves a step with the reply it is known to have had', () => {
    givenSaga(order, null)
      .sends(reserve)
      .whenAskedTo({ kind: 'resolve', step: 'stock', reply: { id: 'by hand' } })
      .asksToClose(reserve)
      .whenItHadNotRun()
      .sends(charge)
      .whenItReplies(failed('DECLINED'))
      .sends(release, { id: 'by hand' })
      .whenItReplies(succeeded())
      .endsAs('compensated')
  })

  test('has the last word on a step that its participant has forgotten (rule 5)', () => {
    const sent = givenSaga(order, null).sends(reserve)
    sent.whenItReplies(failed('EXPIRED')).endsStuck('EXPIRED')
    sent
      .whenAskedTo({ kind: 'resolve', step: 'stock', reply: { id: 'r' } })
      .asksToClose(reserve)
      .whenItIsForgotten()
      .sends(charge)
  })

  test('compensates a saga whose step is still running', () => {
    givenSaga(order, null)
      .sends(reserve)
      .whenItReplies(reserved)
      .sends(charge)
      .whenAskedTo({ kind: 'compensate' })
      .sends(refund, 'in doubt')
      .whenItReplies(succeeded())
      .sends(release)
      .whenItReplies(succeeded())
      .endsAs('compensated')
  })

  test('abandons a saga and has what is open closed', () => {
    const abandoned = shipping().whenAskedTo({ kind: 'abandon' })
    abandoned.asksToClose(ship)
    abandoned.endsAs('abandoned')
  })

  test('is still called to one step when another of the group is answered', () => {
    const group = givenSaga(beside, null)
    const [reserving, charging] = [group.sends(reserve), group.sends(charge)]
    reserving.whenItReplies(failed('EXPIRED')).endsStuck('EXPIRED')
    charging.whenItReplies(charged).endsStuck('EXPIRED')
    reserving.whenItReplies(reserved).endsAs('completed')
  })
})

// ── Playing a saga by hand, where the story needs what givenSaga does not show ────────────────────────────────────────

type Played = 'time' | Input

function played(definition: Saga<string, unknown>, inputs: readonly Played[]) {
  let now = Date.UTC(2026, 0, 1)
  const saga = { definition: definition as Saga, data: null }
  const first = decide(saga, notStarted(saga.definition, now), { kind: 'start' }, { now, canClose: true })
  const send = [...first.send]
  const states: SagaState[] = [first.state]
  const times = [now]
  let refused: string | undefined
  for (const written of inputs) {
    const before = states.at(-1)!
    if (written === 'time') now = wakeAtOf(before)!
    const decision = decide(saga, before, written === 'time' ? { kind: 'time' } : written, { now, canClose: true })
    send.push(...decision.send)
    states.push(decision.state)
    times.push(now)
    refused = decision.refused
  }
  return { send, states, times, refused }
}

function answer(step: string, attempt: number, payload: unknown): Input & { kind: 'answer' } {
  return { kind: 'answer', step, direction: 'forward', attempt, failure: undefined, payload }
}

function refusal(step: string, attempt: number, failure: string): Input & { kind: 'answer' } {
  return { kind: 'answer', step, direction: 'forward', attempt, failure, payload: undefined }
}

function request(kind: 'retry' | 'compensate' | 'abandon'): Input {
  return { kind: 'request', action: { kind }, by: 'anna', reason: 'called' }
}
