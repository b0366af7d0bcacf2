import { describe, expect, test } from 'vitest'
import { decide, notStarted, wakeAtOf } from '../../src/engine/decide.ts'
import {
  type CommandMessage,
  handlersFor,
  type PgClient,
  type Saga,
  type SagaReport,
  saga,
} from '../../src/makegood.ts'
import { anAnswer } from './peer.ts'
import { charge, Order, orderCancelled, refund, release, reserve, ship, unship } from './shop.ts'
import { type Scene, stage } from './stage.ts'

// The rules of docs/protocol.md that an orchestrator keeps, one by one; the test plays the participants.

const { handle } = handlersFor<PgClient>()
const begin = stage()
const pens: Order = { orderId: 'o-1', sku: 'pen', quantity: 2, cents: 500 }
const soon = { deadlineMs: 150 }

/** Two steps that can be undone; what is written in `first` is special about the first one. */
function twoSteps(first: { deadlineMs?: number } = {}, whole: { deadlineMs?: number } = {}) {
  return saga('two-steps', { version: 1, data: Order, ...whole })
    .compensatable('stock', reserve, {
      ...first,
      payload: order => order,
      compensation: { command: release, payload: (order, { stock }) => ({ ...order, quantity: stock.reserved }) },
    })
    .compensatable('parcel', ship, {
      payload: order => order,
      compensation: { command: unship, payload: order => order },
    })
    .ends()
}

function oneRetriable(step: { deadlineMs?: number; retry?: { firstDelayMs: number } } = {}) {
  return saga('one-retriable', { version: 1, data: Order })
    .retriable('parcel', ship, { ...step, payload: order => order })
    .ends()
}

async function start({ service }: Scene, definition: Saga<string, Order>): Promise<string> {
  const { sagaId } = await service.transaction(tx => tx.start(definition, pens, { key: crypto.randomUUID() }))
  return sagaId
}

async function becomes({ service }: Scene, sagaId: string, status: SagaReport['status']): Promise<SagaReport> {
  const report = await service.result(sagaId, { timeoutMs: 60_000 })
  expect(report.status).toBe(status)
  return report
}

async function asks(
  { peer }: Scene,
  sagaId: string,
  said: Partial<CommandMessage>,
  times = 1,
): Promise<CommandMessage> {
  const { type, step, direction, attempt } = said
  const asked = {
    sagaId,
    ...(type && { type }),
    ...(step && { step }),
    ...(direction && { direction }),
    ...(attempt && { attempt }),
  }
  return (await peer.hears('command', asked, times)).at(-1)!
}

const retry = { action: { kind: 'retry' }, by: 'the test', reason: 'mended' } as const

describe('attempts', () => {
  test('only the orchestrator raises the attempt, and it heeds the attempt that it sent last (rule 2)', async () => {
    const scene = await begin([oneRetriable({ retry: { firstDelayMs: 10 } })])
    const sagaId = await start(scene, oneRetriable({ retry: { firstDelayMs: 10 } }))
    const first = await asks(scene, sagaId, { attempt: 1 })
    await scene.peer.say(anAnswer(first, { failure: 'NO_CARRIER', payload: {} }))
    const second = await asks(scene, sagaId, { attempt: 2 })
    await scene.peer.say(anAnswer(first, { payload: { parcel: 'of the first attempt' } }))
    await scene.peer.say(anAnswer(second, { payload: { parcel: 'of the second' } }))

    const { replies } = await becomes(scene, sagaId, 'completed')
    expect(replies).toEqual({ parcel: { parcel: 'of the second' } })
  })
})

describe('compensation', () => {
  test('a silent step is closed first, and what it had replied makes its compensation (rule 8)', async () => {
    const definition = twoSteps(soon)
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    const closing = await asks(scene, sagaId, { step: 'stock', direction: 'close' })
    await scene.peer.say(anAnswer(closing, { payload: { reserved: 7 } }))
    const undoing = await asks(scene, sagaId, { type: 'stock.release', direction: 'compensation' })
    expect(undoing).toMatchObject({ payload: { quantity: 7 }, stepSucceeded: true })
    await scene.peer.say(anAnswer(undoing))

    const { state } = await becomes(scene, sagaId, 'compensated')
    expect(state).toMatchObject({ cause: { step: 'stock', code: 'DEADLINE_PASSED' } })
  })

  test('a silent step that had not run needs no compensation (rule 8)', async () => {
    const definition = twoSteps(soon)
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    const closing = await asks(scene, sagaId, { step: 'stock', direction: 'close' })
    await scene.peer.say(anAnswer(closing, { failure: 'CLOSED' }))

    await becomes(scene, sagaId, 'compensated')
    expect(scene.peer.heard('command', { sagaId, direction: 'compensation' })).toEqual([])
  })

  test('a step in doubt that has a payload for it is compensated at once (rule 8)', async () => {
    const definition = saga('paying', { version: 1, data: Order })
      .compensatable('money', charge, {
        ...soon,
        payload: order => order,
        compensation: {
          command: refund,
          payload: (order, { money }) => ({ ...order, transaction: money.transaction }),
          inDoubt: order => ({ orderId: order.orderId, cents: order.cents }),
        },
      })
      .ends()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    const undoing = await asks(scene, sagaId, { type: 'money.refund' })
    expect(undoing).toMatchObject({ payload: { orderId: 'o-1', cents: 500 }, stepSucceeded: false })
    await scene.peer.say(anAnswer(undoing))
    await becomes(scene, sagaId, 'compensated')
  })

  test('a dead step is in doubt like a silent one: it is closed before the saga is compensated (rule 9)', async () => {
    const definition = twoSteps()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    const asked = await asks(scene, sagaId, { step: 'stock' })
    await scene.peer.say(anAnswer(asked, { failure: 'UNPROCESSABLE', payload: { error: 'broken' } }))
    const closing = await asks(scene, sagaId, { step: 'stock', direction: 'close' })
    expect((await scene.service.status(definition, (await report(scene, sagaId)).key))?.status).toBe('compensating')
    await scene.peer.say(anAnswer(closing, { failure: 'CLOSED' }))
    await becomes(scene, sagaId, 'compensated')
  })

  test('a dead retriable step leaves the saga stuck, and its answer after a redrive sets it going (rule 9)', async () => {
    const definition = oneRetriable()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    const asked = await asks(scene, sagaId, { step: 'parcel' })
    await scene.peer.say(anAnswer(asked, { failure: 'UNPROCESSABLE', payload: { error: 'broken' } }))
    const { state } = await becomes(scene, sagaId, 'stuck')
    expect(state).toMatchObject({ trouble: { code: 'UNPROCESSABLE', step: 'parcel' } })
    await scene.peer.say(anAnswer(asked, { payload: { parcel: 'P-1' } }))

    await expect.poll(async () => (await report(scene, sagaId)).status).toBe('completed')
  })

  test('the letter of a step that this service handles itself is closed, wherever its compensation is handled (rule 9)', async () => {
    const definition = saga('own', { version: 1, data: Order })
      .compensatable('stock', reserve, {
        payload: order => order,
        compensation: { command: release, payload: order => order, inDoubt: order => order },
      })
      .ends()
    const scene = await begin([
      definition,
      handle(reserve, async () => {
        throw new Error('broken')
      }),
    ])
    const sagaId = await start(scene, definition)
    const asked = await asks(scene, sagaId, { type: 'stock.release', direction: 'compensation' })
    const dead = async () => (await scene.service.queries.inbox({ state: 'dead', limit: 9 })).rows
    expect(await dead()).toEqual([])
    const [forward] = (await scene.service.queries.messages(sagaId)).filter(({ kind }) => kind === 'command')
    expect(forward).toMatchObject({ handling: { state: 'dead', custody: undefined, error: 'broken' } })
    expect(await scene.service.redrive([forward!.identity])).toEqual([])
    await scene.peer.say(anAnswer(asked))
    await becomes(scene, sagaId, 'compensated')
  })

  test('a step is closed at its participant before an operator skips it (rule 9)', async () => {
    const definition = oneRetriable()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    await asks(scene, sagaId, { step: 'parcel' })
    await scene.service.request(sagaId, { ...retry, action: { kind: 'skip', step: 'parcel' } })
    const closing = await asks(scene, sagaId, { step: 'parcel', direction: 'close' })
    expect((await report(scene, sagaId)).status).toBe('running')
    await scene.peer.say(anAnswer(closing, { failure: 'CLOSED' }))
    await becomes(scene, sagaId, 'completed')
  })

  test('a parallel group is settled before it is compensated (rule 10)', async () => {
    const definition = saga('together', { version: 1, data: Order })
      .parallel(together =>
        together
          .compensatable('stock', reserve, {
            payload: order => order,
            compensation: { command: release, payload: order => order },
          })
          .compensatable('parcel', ship, {
            payload: order => order,
            compensation: { command: unship, payload: order => order },
          }),
      )
      .ends()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    const [stock, parcel] = [
      await asks(scene, sagaId, { step: 'stock' }),
      await asks(scene, sagaId, { step: 'parcel' }),
    ]
    await scene.peer.say(anAnswer(parcel, { failure: 'NO_CARRIER', payload: {} }))
    await expect.poll(async () => (await report(scene, sagaId)).state).toMatchObject({ cause: { step: 'parcel' } })
    expect((await report(scene, sagaId)).status).toBe('running')
    await scene.peer.say(anAnswer(stock, { payload: { reserved: 2 } }))
    await scene.peer.say(anAnswer(await asks(scene, sagaId, { type: 'stock.release' })))
    await becomes(scene, sagaId, 'compensated')
    expect(scene.peer.heard('command', { sagaId, type: 'parcels.cancel' })).toEqual([])
  })

  test('a completed saga may be compensated once, and a compensated one is never left (rule 11)', async () => {
    const definition = twoSteps()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    await scene.peer.say(anAnswer(await asks(scene, sagaId, { step: 'stock' }), { payload: { reserved: 2 } }))
    await scene.peer.say(anAnswer(await asks(scene, sagaId, { step: 'parcel' }), { payload: { parcel: 'P-1' } }))
    await becomes(scene, sagaId, 'completed')
    await scene.service.cancel(sagaId, 'changed their mind')
    await scene.peer.say(anAnswer(await asks(scene, sagaId, { type: 'parcels.cancel' })))
    await scene.peer.say(anAnswer(await asks(scene, sagaId, { type: 'stock.release' })))
    await becomes(scene, sagaId, 'compensated')

    for (const kind of ['retry', 'compensate', 'abandon'] as const)
      await expect(scene.service.request(sagaId, { ...retry, action: { kind } })).rejects.toMatchObject({
        code: 'ACTION_REFUSED',
      })
  })

  test('a completed saga that has passed a pivot is never compensated (rule 11)', async () => {
    const definition = saga('final', { version: 1, data: Order })
      .pivot('parcel', ship, { payload: order => order })
      .ends()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    await scene.peer.say(anAnswer(await asks(scene, sagaId, {}), { payload: { parcel: 'P-1' } }))
    await becomes(scene, sagaId, 'completed')
    await expect(scene.service.cancel(sagaId, 'too late')).rejects.toMatchObject({ code: 'ACTION_REFUSED' })
  })
})

describe('silence', () => {
  test('a silent retriable step is asked again, the same attempt with growing pauses (rule 12)', async () => {
    const definition = oneRetriable({ deadlineMs: 100 })
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    const asked = await scene.peer.hears('command', { sagaId, step: 'parcel', attempt: 1 }, 4)
    const pauses = asked.slice(1).map(({ sentAt }, index) => sentAt - asked[index]!.sentAt)
    expect(
      pauses.every((pause, index) => pause >= 90 * 2 ** index),
      `${pauses}`,
    ).toBe(true)
    expect(new Set(asked.map(({ firstSentAt }) => firstSentAt)).size).toBe(1)

    await scene.peer.say(anAnswer(asked[0]!, { payload: { parcel: 'P-1' } }))
    await becomes(scene, sagaId, 'completed')
  })

  test('what stays silent after eight more asks needs a person (rule 12)', () => {
    const definition = oneRetriable()
    const saga = { definition: definition as Saga, data: pens }
    let now = 1_000
    let decision = decide(saga, notStarted(saga.definition, now), { kind: 'start' }, { now, canClose: true })
    let asked = decision.send.length
    while (decision.state.status === 'running') {
      now = wakeAtOf(decision.state)!
      decision = decide(saga, decision.state, { kind: 'time' }, { now, canClose: true })
      asked += decision.send.length
    }
    expect(asked, 'once, and eight times again').toBe(9)
    expect(decision.state).toMatchObject({ status: 'stuck', trouble: { code: 'SILENT', step: 'parcel' } })
  })

  test('a silent best-effort step is not known, and the saga goes on (rule 12)', async () => {
    const definition = saga('with-a-note', { version: 1, data: Order })
      .bestEffort('note', reserve, { ...soon, payload: order => order })
      .retriable('parcel', ship, { payload: order => order })
      .ends()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    await scene.peer.say(anAnswer(await asks(scene, sagaId, { step: 'parcel' }), { payload: { parcel: 'P-1' } }))
    const { state } = await becomes(scene, sagaId, 'completed')
    expect(state).toMatchObject({ steps: { note: { forward: { state: 'in doubt' } } } })
  })

  test('a whole saga that takes too long is compensated before its pivot (rule 12)', async () => {
    const definition = twoSteps({}, { deadlineMs: 300 })
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    await scene.peer.say(anAnswer(await asks(scene, sagaId, { step: 'stock' }), { payload: { reserved: 2 } }))
    const closing = await asks(scene, sagaId, { step: 'parcel', direction: 'close' })
    await scene.peer.say(anAnswer(closing, { failure: 'CLOSED' }))
    await scene.peer.say(anAnswer(await asks(scene, sagaId, { type: 'stock.release' })))
    const { state } = await becomes(scene, sagaId, 'compensated')
    expect(state).toMatchObject({ cause: { step: 'saga', code: 'DEADLINE_PASSED' } })
  })

  test('a whole saga that takes too long after its pivot is stuck, and can be retried (rule 12)', async () => {
    const definition = saga('late', { version: 1, data: Order, deadlineMs: 300 })
      .pivot('stock', reserve, { payload: order => order })
      .retriable('parcel', ship, { payload: order => order })
      .ends()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    await scene.peer.say(anAnswer(await asks(scene, sagaId, { step: 'stock' }), { payload: { reserved: 2 } }))
    const { state } = await becomes(scene, sagaId, 'stuck')
    expect(state).toMatchObject({ trouble: { code: 'DEADLINE_PASSED' } })
    await scene.service.request(sagaId, retry)
    const asked = await asks(scene, sagaId, { step: 'parcel', attempt: 2 })
    await scene.peer.say(anAnswer(asked, { payload: { parcel: 'P-1' } }))
    await becomes(scene, sagaId, 'completed')
  })

  test('an orchestrator that was down past a deadline cancels nothing whose reply lies in its queue (rule 12)', async () => {
    const definition = twoSteps({ deadlineMs: 3_000 })
    const scene = await begin([definition])
    const sagaIds = await Promise.all(Array.from({ length: 20 }, () => start(scene, definition)))
    const asked = await Promise.all(sagaIds.map(sagaId => asks(scene, sagaId, { step: 'stock' })))
    await scene.service.stop()
    const saying = scene.peer.say(...asked.map(command => anAnswer(command, { payload: { reserved: 2 } })))
    const late = async () =>
      (await scene.sql('select from makegood.saga where wake_at < now() and service = $1', [scene.service.name])).length
    await expect.poll(late).toBe(20)
    const service = await scene.again()
    await saying
    for (const sagaId of sagaIds)
      await scene.peer.say(anAnswer(await asks(scene, sagaId, { step: 'parcel' }), { payload: { parcel: 'P-1' } }))

    for (const sagaId of sagaIds) expect((await service.result(sagaId)).status).toBe('completed')
    expect(scene.peer.heard('command', { direction: 'close' })).toEqual([])
  })
})

describe('a definition that throws', () => {
  test('leaves the saga stuck with the error as the cause, and is decided again on retry (rule 13)', async () => {
    let isBroken = true
    const definition = saga('throwing', { version: 1, data: Order })
      .compensatable('stock', reserve, {
        payload: order => order,
        compensation: { command: release, payload: order => order },
      })
      .retriable('parcel', ship, {
        payload: order => {
          if (isBroken) throw new Error('no address')
          return order
        },
      })
      .ends()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    const asked = await asks(scene, sagaId, { step: 'stock' })
    await scene.peer.say(anAnswer(asked, { payload: { reserved: 2 } }))
    const { state } = await becomes(scene, sagaId, 'stuck')
    expect(state).toMatchObject({ trouble: { code: 'DEFINITION_THREW', step: 'stock', says: 'no address' } })
    isBroken = false
    await scene.service.request(sagaId, retry)

    await scene.peer.say(anAnswer(await asks(scene, sagaId, { step: 'parcel' }), { payload: { parcel: 'P-1' } }))
    const { replies } = await becomes(scene, sagaId, 'completed')
    expect(replies).toMatchObject({ stock: { reserved: 2 } })
  })
})

describe('headers', () => {
  test('travel from the start through every command to the events at the end', async () => {
    const definition = saga('for-a-tenant', { version: 1, data: Order })
      .compensatable('stock', reserve, {
        payload: order => order,
        compensation: { command: release, payload: order => order },
      })
      .compensatable('parcel', ship, {
        payload: order => order,
        compensation: { command: unship, payload: order => order },
      })
      .ends({ compensated: { event: orderCancelled, payload: ({ orderId }) => ({ orderId, reason: 'refused' }) } })
    const scene = await begin([definition])
    const headers = { tenant: 'blue' }
    const { sagaId } = await scene.service.transaction(tx => tx.start(definition, pens, { key: 'o-1', headers }))
    const stock = await asks(scene, sagaId, { step: 'stock', direction: 'forward' })
    await scene.peer.say(anAnswer(stock, { payload: { reserved: 2 } }))
    const parcel = await asks(scene, sagaId, { step: 'parcel' })
    await scene.peer.say(anAnswer(parcel, { failure: 'NO_CARRIER', payload: {} }))
    const undoing = await asks(scene, sagaId, { type: 'stock.release' })
    await scene.peer.say(anAnswer(undoing))
    const [cancelled] = await scene.peer.hears('event', { sagaId, type: 'orders.cancelled' })

    expect([stock, parcel, undoing, cancelled].map(message => message?.headers)).toEqual([
      headers,
      headers,
      headers,
      headers,
    ])
  })
})

describe('versions', () => {
  test('a service that would strand sagas in flight refuses to start and names them', async () => {
    const definition = twoSteps()
    const scene = await begin([definition])
    await start(scene, definition)
    await scene.service.stop()
    const next = saga('two-steps', { version: 2, data: Order })
      .compensatable('stock', reserve, {
        payload: order => order,
        compensation: { command: release, payload: order => order },
      })
      .ends()

    await expect(scene.again([next])).rejects.toMatchObject({
      code: 'VERSION_STRANDED',
      message: expect.stringContaining('1 of two-steps 1'),
    })
    await (await scene.again([definition, next])).stop()
  })
})

async function report({ service }: Scene, sagaId: string): Promise<{ key: string; status: string; state: unknown }> {
  return await service.queries.saga(sagaId).then(row => ({ ...row!, status: row!.state.status }))
}
