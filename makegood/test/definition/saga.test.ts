import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { command, event } from '../../src/definition/message.ts'
import { commandsOf, findStep, type Saga, stepsOf } from '../../src/definition/saga.ts'
import { saga } from '../../src/definition/saga-chain.ts'
import { MakegoodError } from '../../src/model/errors.ts'

const Order = z.object({ orderId: z.string() })
const charge = command('payment.process', { payload: Order, reply: z.object({ paymentId: z.string() }) })
const refund = command('payment.refund', { payload: z.object({ paymentId: z.string() }) })
const reserve = command('inventory.reserve', { payload: Order })
const placed = event('order.created', { payload: Order })
const completed = event('order.completed', { payload: Order })

const payload = (order: { orderId: string }) => order
const notUndone = { payload, compensation: 'not needed' } as const

/** What someone who comes from JavaScript can write. */
type Chain = { readonly [word: string]: (...args: any[]) => any }
const js = (name: unknown = 'checkout', options: object = { version: 1, data: Order }): Chain =>
  (saga as (...args: unknown[]) => unknown)(name, options) as Chain

describe('a definition is frozen data', () => {
  const checkout = saga('checkout', { version: 3, data: Order, deadlineMs: 60_000 })
    .startsOn(placed, { key: order => order.orderId, data: order => order })
    .compensatable('payment', charge, {
      payload,
      compensation: { command: refund, payload: (_order, { payment }) => payment, retry: { attempts: 3 } },
      retry: { firstDelayMs: 10 },
    })
    .parallel(together => together.compensatable('stock', reserve, notUndone).bestEffort('note', reserve, { payload }))
    .pivot('capture', charge, { payload })
    .ends({ completed: { event: completed, payload: order => order } })

  test('it says what was written, in running order', () => {
    expect(checkout).toMatchObject({ kind: 'saga', name: 'checkout', version: 3, deadlineMs: 60_000 })
    expect(checkout.stages.map(stage => stage.map(({ name, kind }) => `${name}: ${kind}`))).toEqual([
      ['payment: compensatable'],
      ['stock: compensatable', 'note: best-effort'],
      ['capture: pivot'],
    ])
    expect(checkout.startsOn?.event).toBe(placed)
    expect(checkout.ends.completed?.event).toBe(completed)
  })

  test('its steps and commands can be walked', () => {
    expect(stepsOf(checkout).map(step => step.name)).toEqual(['payment', 'stock', 'note', 'capture'])
    expect(findStep(checkout, 'note')?.command).toBe(reserve)
    expect(findStep(checkout, 'toString')).toBeUndefined()
    expect(commandsOf(checkout)).toEqual([charge, refund, reserve, reserve, charge])
  })

  test('nothing in it can be changed, however deep', () => {
    const mutable: object[] = []
    const walk = (part: unknown): void => {
      if (typeof part !== 'object' || part === null || '~standard' in part) return
      if (!Object.isFrozen(part)) mutable.push(part)
      Object.values(part).forEach(walk)
    }
    walk(checkout)
    expect(mutable).toEqual([])
    expect(Object.isFrozen(Order)).toBe(false)
  })

  test('a chain that is used twice makes two definitions that do not know each other', () => {
    const opened = saga('two', { version: 1, data: Order }).bestEffort('note', reserve, { payload })
    const one = opened.pivot('payment', charge, { payload }).ends()
    const other = opened.retriable('stock', reserve, { payload }).ends()
    expect(stepsOf(one as Saga).map(step => step.name)).toEqual(['note', 'payment'])
    expect(stepsOf(other as Saga).map(step => step.name)).toEqual(['note', 'stock'])
  })

  test('64 steps are possible', () => {
    const words = Array.from({ length: 64 }, (_, at) => `step${at}`)
    const long = words.reduce<Chain>((chain, name) => chain['retriable']!(name, reserve, { payload }), js())
    expect(stepsOf(long['ends']!() as Saga)).toHaveLength(64)
  })
})

describe('a definition that breaks a rule is refused where it is made', () => {
  const pay = (step: object): Chain => js()['compensatable']!('pay', charge, { ...notUndone, ...step })
  const rules: [rule: string, broken: () => Chain, says: string | RegExp][] = [
    ['a name', () => js('check out'), /^Saga "check out": a name begins with a letter .* 64 characters at the most\.$/],
    ['a name that is a string', () => js(7), /^Saga 7: a name begins with a letter/],
    ['a name of 64 characters', () => js('x'.repeat(65)), /64 characters/],
    ['a version', () => js('checkout', { data: Order }), 'Saga checkout, version undefined: version is a whole number'],
    ['a whole version', () => js('checkout', { version: 1.5, data: Order }), 'version is a whole number from 1 to'],
    ['a version from 1', () => js('checkout', { version: 0, data: Order }), 'version is a whole number from 1 to'],
    [
      'a deadline of the whole from 100 ms to 30 days',
      () => js('checkout', { version: 1, data: Order, deadlineMs: 99 }),
      'Saga checkout, version 1: deadlineMs is a whole number from 100 to 2592000000 ms, not 99.',
    ],
    ['data with a schema', () => js('checkout', { version: 1, data: {} }), '`data` is a Standard Schema.'],
    [
      'a start on an event',
      () => js()['startsOn']!(charge, { key: payload, data: payload }),
      '`startsOn` names an event',
    ],
    ['a start with a key', () => js()['startsOn']!(placed, { data: payload }), '`key` of `startsOn` is a function.'],
    ['a step', () => js(), 'Saga checkout, version 1: a saga has at least one step.'],
    [
      '64 steps at the most',
      () =>
        Array.from({ length: 65 }).reduce<Chain>(
          (chain, _, at) => chain['retriable']!(`s${at}`, reserve, { payload }),
          js(),
        ),
      'a saga has at most 64 steps, not 65.',
    ],
    ['a name of each step', () => js()['pivot']!('', charge, { payload }), 'a name begins with a letter'],
    [
      'a name that no object has',
      () => js()['pivot']!('constructor', charge, { payload }),
      'a name begins with a letter',
    ],
    [
      'a name that is not the operator',
      () => js()['pivot']!('operator', charge, { payload }),
      'this name stands for the operator',
    ],
    [
      'one step of a name',
      () => pay({})['pivot']!('pay', charge, { payload }),
      'Saga checkout, version 1, step pay: this saga already has a step named pay.',
    ],
    [
      'a command in each step',
      () => js()['pivot']!('pay', placed, { payload }),
      'step pay: a step names a command, made by command(…).',
    ],
    ['a payload', () => js()['pivot']!('pay', charge, {}), 'step pay: `payload` is a function.'],
    [
      'a condition',
      () => js()['retriable']!('pay', charge, { payload, when: true }),
      'step pay: `when` is a function.',
    ],
    [
      'a pivot without a condition',
      () => js()['pivot']!('pay', charge, { payload, when: () => true }),
      'a pivot cannot be left out',
    ],
    [
      'a compensation',
      () => pay({ compensation: undefined }),
      "step pay: a compensatable step says how it is undone, { command, payload }, or 'not needed'.",
    ],
    ['a compensation in words we know', () => pay({ compensation: 'none' }), "or 'not needed'."],
    [
      'a command in a compensation',
      () => pay({ compensation: { payload } }),
      'step pay, compensation: a compensation names a command',
    ],
    [
      'a payload of a compensation',
      () => pay({ compensation: { command: refund } }),
      'compensation: `payload` is a function.',
    ],
    ['inDoubt', () => pay({ compensation: { command: refund, payload, inDoubt: 1 } }), '`inDoubt` is a function.'],
    [
      'no compensation where none is run',
      () => js()['retriable']!('pay', charge, notUndone),
      'step pay: only a compensatable step has a compensation.',
    ],
    [
      'a deadline',
      () => pay({ deadlineMs: '5' }),
      'step pay: deadlineMs is a whole number from 100 to 2592000000 ms, not 5.',
    ],
    [
      'attempts',
      () => pay({ retry: { attempts: 0 } }),
      'step pay, retry: attempts is a whole number from 1 to 1000, not 0.',
    ],
    [
      'a time for retries',
      () => pay({ retry: { forMs: 8 * 86_400_000 } }),
      'forMs is a whole number from 1 to 604800000 ms',
    ],
    [
      'pauses in order',
      () => pay({ retry: { firstDelayMs: 20, delayMsMax: 10 } }),
      'firstDelayMs is not longer than delayMsMax',
    ],
    [
      'a group with members',
      () => js()['pivot']!('pay', charge, { payload })['parallel']!((group: unknown) => group),
      'a parallel group has at least one step',
    ],
    [
      'ends that there are',
      () => ({ ends: () => pay({})['ends']!({ complete: {} }) }),
      'end complete: a saga ends completed or compensated.',
    ],
    [
      'an event at the end',
      () => ({ ends: () => pay({})['ends']!({ completed: { event: charge, payload } }) }),
      'an end names an event',
    ],
  ]

  test.each(rules)('%s', (_rule, broken, says) => {
    expect(() => broken()['ends']!()).toThrow(says)
    expect(() => broken()['ends']!()).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })

  const order: [rule: string, broken: (chain: Chain) => Chain, says: string][] = [
    [
      'a compensatable step after the pivot',
      chain => chain['pivot']!('pay', charge, { payload })['compensatable']!('stock', reserve, notUndone),
      'step stock: a compensatable step cannot come after the pivot; use retriable or bestEffort.',
    ],
    [
      'a compensatable step after a retriable one',
      chain => chain['retriable']!('pay', charge, { payload })['compensatable']!('stock', reserve, notUndone),
      'step stock: a compensatable step cannot come after the pivot; use retriable or bestEffort.',
    ],
    [
      'two pivots',
      chain => chain['pivot']!('pay', charge, { payload })['pivot']!('again', charge, { payload }),
      'step again: a saga has one pivot; use retriable or bestEffort.',
    ],
    [
      'a pivot beside another step',
      chain =>
        chain['parallel']!((group: Chain) =>
          group['pivot']!('pay', charge, { payload })['bestEffort']!('note', reserve, { payload }),
        ),
      'step pay: a pivot decides alone, not in a parallel group.',
    ],
    [
      'a retriable step beside a compensatable one',
      chain =>
        chain['parallel']!((group: Chain) =>
          group['retriable']!('pay', charge, { payload })['compensatable']!('stock', reserve, notUndone),
        ),
      'step pay: a retriable step cannot run beside a compensatable one.',
    ],
  ]

  test.each(order)('%s', (_rule, broken, says) => {
    expect(() => broken(js())['ends']!()).toThrow(says)
    expect(() => broken(js())['ends']!()).toThrow(MakegoodError)
  })
})
