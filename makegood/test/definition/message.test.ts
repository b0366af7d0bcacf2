import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { choreography } from '../../src/definition/choreography.ts'
import { command, event, serviceOf } from '../../src/definition/message.ts'
import { handlersFor } from '../../src/definition/participant.ts'
import { MakegoodError } from '../../src/model/errors.ts'

const text = z.string()
const invalid = (says: string) =>
  expect.objectContaining({ code: 'DEFINITION_INVALID', message: expect.stringContaining(says) })

describe('messages', () => {
  test('a type is two names', () => {
    for (const type of [
      'reserve',
      'a.b.c',
      '.reserve',
      'inventory.',
      'in ventory.reserve',
      'inventory.#',
      '1.2',
      `a.${'b'.repeat(65)}`,
    ]) {
      expect(() => event(type as 'a.b', { payload: text }), type).toThrow(invalid(`Event ${type}: a message type is`))
      expect(() => command(type as 'a.b', { payload: text }), type).toThrow(
        invalid(`Command ${type}: a message type is`),
      )
    }
    expect(event('stock.not-reserved_2', { payload: text }).type).toBe('stock.not-reserved_2')
  })

  test('payload, reply and details are schemas', () => {
    const no = { type: 'string' } as never
    expect(() => event('a.b', { payload: no })).toThrow(invalid('Event a.b: `payload` is a Standard Schema.'))
    expect(() => command('a.b', { payload: text, reply: no })).toThrow(
      invalid('Command a.b: `reply` is a Standard Schema.'),
    )
    expect(() => command('a.b', { payload: text, failures: { GONE: no } })).toThrow(
      invalid('failure GONE: what stands'),
    )
  })

  test('a failure has a code that can travel in a header and is not one of ours', () => {
    expect(() => command('a.b', { payload: text, failures: { 'not there': text } })).toThrow(
      invalid('failure not there: a name'),
    )
    expect(() => command('a.b', { payload: text, failures: { UNPROCESSABLE: text } })).toThrow(
      invalid("the engine's own"),
    )
  })

  test('the first word is the service', () => {
    expect(serviceOf('payment.process')).toBe('payment')
  })

  test('they are frozen', () => {
    const made = command('a.b', { payload: text, failures: { GONE: text } })
    expect([made, made.failures].every(Object.isFrozen)).toBe(true)
  })
})

describe('handlers and reactions', () => {
  const { handle, callThenRecord, on } = handlersFor<unknown>()
  const ask = command('a.b', { payload: text })
  const told = event('a.told', { payload: text })

  test('they name what they answer, and answer with a function', () => {
    expect(() => handle(told as never, async () => ({}) as never)).toThrow(invalid('a handler names a command'))
    expect(() => handle(ask, 'yes' as never)).toThrow(
      invalid('Handler of a.b: what answers the command is a function.'),
    )
    expect(() => callThenRecord(ask, { call: 1 as never, record: async () => ({}) as never })).toThrow(
      invalid('`call` is a function'),
    )
    expect(() => on(ask as never, async () => {})).toThrow(invalid('a reaction names an event'))
    expect(() => on(told, undefined as never)).toThrow(invalid('Reaction to a.told: what reacts'))
  })

  test('their limits have limits', () => {
    expect(() => on(told, async () => {}, { handlerMsMax: 60_001 })).toThrow(
      invalid('handlerMsMax is a whole number from 1 to 60000, not 60001.'),
    )
    const record = async () => ({}) as never
    expect(() => callThenRecord(ask, { call: async () => {}, callMsMax: 0, record })).toThrow(
      invalid('callMsMax is a whole number'),
    )
    expect(() => callThenRecord(ask, { call: async () => {}, callsMax: 1.5, record })).toThrow(
      invalid('callsMax is a whole number'),
    )
  })
})

describe('choreographies', () => {
  const [created, reserved, lost] = (['order.created', 'stock.reserved', 'stock.lost'] as const).map(type =>
    event(type, { payload: text }),
  )
  type Parts = Parameters<typeof choreography>[1]
  const made =
    (parts: object, name = 'ordering') =>
    () =>
      choreography(name, parts as Parts)

  test('every event has a reader or is an end', () => {
    const leads = [{ from: created, in: 'stock', to: [reserved, lost] }]
    expect(made({ starts: created, leads, ends: { completed: [reserved] } })).toThrow(
      invalid('Choreography ordering: nothing reads stock.lost, and it is not an end.'),
    )
    expect(made({ starts: created, leads, ends: { completed: [reserved], compensated: [lost] } })()).toMatchObject({
      name: 'ordering',
    })
  })

  test('every event that is read or is an end comes from somewhere', () => {
    const leads = [{ from: created, in: 'stock', to: [reserved] }]
    expect(made({ starts: created, leads, ends: { completed: [reserved], compensated: [lost] } })).toThrow(
      invalid('nothing leads to stock.lost'),
    )
    expect(made({ starts: lost, leads, ends: { completed: [reserved] } })).toThrow(
      invalid('nothing reads stock.lost, with which it starts'),
    )
  })

  test('from every event a way leads to an end', () => {
    const leads = [
      { from: created, in: 'stock', to: [reserved, lost] },
      { from: lost, in: 'notifications', to: [] },
    ]
    expect(made({ starts: created, leads, ends: { completed: [reserved] } })).toThrow(
      invalid('Choreography ordering: from stock.lost nothing leads to an end.'),
    )
    const circle = [...leads.slice(0, 1), { from: lost, in: 'order', to: [lost] }]
    expect(made({ starts: created, leads: circle, ends: { completed: [reserved] } })).toThrow(
      invalid('from stock.lost nothing leads to an end'),
    )
  })

  test('an end is completed or compensated, not both', () => {
    const leads = [{ from: created, in: 'stock', to: [reserved] }]
    expect(made({ starts: created, leads, ends: { completed: [reserved], compensated: [reserved] } })).toThrow(
      invalid('stock.reserved cannot be both ends, completed and compensated'),
    )
  })

  test('it and its reactions may have deadlines, within limits', () => {
    const parts = (deadlineMs: number, reactionMs: number) => ({
      starts: created,
      leads: [{ from: created, in: 'stock', to: [reserved], deadlineMs: reactionMs }],
      ends: { completed: [reserved] },
      deadlineMs,
    })
    expect(made(parts(60_000, 1_000))()).toMatchObject({ deadlineMs: 60_000, leads: [{ deadlineMs: 1_000 }] })
    expect(made(parts(1, 1_000))).toThrow(invalid('Choreography ordering: deadlineMs is a whole number from 100'))
    expect(made(parts(60_000, 0.5))).toThrow(
      invalid('Choreography ordering, reaction to order.created: deadlineMs is a whole number from 100'),
    )
  })

  test('it and its services have names', () => {
    const leads = [{ from: created, in: '', to: [reserved] }]
    expect(made({ starts: created, leads, ends: { completed: [reserved] } })).toThrow(
      invalid('reaction to order.created: `in` is the name of a service'),
    )
    expect(made({ starts: created, leads: [], ends: { completed: [] } }, 'or dering')).toThrow(MakegoodError)
  })
})
