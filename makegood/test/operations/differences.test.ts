import { describe, expect, test } from 'vitest'
import type { SagaFound } from '../../src/operations/client.ts'
import type { InboxView, StepView } from '../../src/operations/contract.ts'
import { differencesIn, type Hosting } from '../../src/operations/differences.ts'
import { inboxView, sagaId, sagaInFull } from './contract-bodies.ts'

const step = (name: string, command: string, more: Partial<StepView> = {}): StepView => ({
  ...{ name, command, kind: 'compensatable', failures: [], conditional: false, deadlineMs: 1_000 },
  ...{ compensation: { command: `${command}-back`, deadlineMs: 1_000 }, ...more },
})
const definition = {
  ...{ name: 'checkout', version: 1, deadlineMs: null, startsOn: null, inFlight: 0 },
  stages: [
    [step('payment', 'payment.process')],
    [step('told', 'mail.send', { kind: 'best-effort', compensation: null })],
  ],
  ends: { completed: 'checkout.done', compensated: null },
}
const nothing = { sagas: [], commands: [], events: [] }
const hosting: readonly Hosting[] = [
  { ...nothing, service: 'orchestrator', sagas: [definition] },
  { ...nothing, service: 'payments', commands: ['payment.process'] },
  { ...nothing, service: 'mail', commands: ['mail.send'], events: ['checkout.done'] },
]

const succeeded = { forward: { state: 'succeeded', reply: {}, firstSentAt: 1 } }
const undone = { ...succeeded, back: { state: 'done' } }
const received = (service: string, more: Partial<InboxView>) => ({ ...inboxView(more), service, url: 'http://there' })
const command = (direction: string, state: InboxView['state'] = 'succeeded') =>
  received('payments', { identity: `${sagaId}/payment/${direction}`, state })
const done = received('mail', { kind: 'event', type: 'checkout.done', identity: 'e-1' })

function found(status: SagaFound['status'], steps: object, ...messages: SagaFound['messages']): SagaFound {
  const hasEnded = ['completed', 'compensated', 'abandoned'].includes(status)
  const endedAt = hasEnded ? '2026-01-01T00:00:09.000Z' : null
  return { ...sagaInFull({ status, endedAt, state: { status, steps } }), url: 'http://here', messages }
}

const forgotten = { kind: 'forgotten', service: 'payments', what: 'payment' }
const notUndone = { kind: 'not undone', service: 'payments', what: 'payment' }

describe('a saga and who took part in it', () => {
  test.each<readonly [string, SagaFound, readonly object[]]>([
    ['remember it alike', found('completed', { payment: succeeded }, command('forward'), done), []],
    ['undid it', found('compensated', { payment: undone }, command('forward'), command('compensation')), []],
    ['closed what never ran', found('compensated', { payment: undone }, command('forward', 'closed')), []],
    ['have it open', found('running', { payment: { forward: { state: 'open', ask: {} } } }, command('forward')), []],
    ['differ, and a person has given it up', found('abandoned', { payment: succeeded }), []],
    ['differ in a step that succeeded', found('completed', { payment: succeeded }, done), [forgotten]],
    ['differ while it still runs', found('running', { payment: succeeded }), [forgotten]],
    ['differ in a step that was never asked for', found('compensated', {}, command('forward')), [notUndone]],
    ['differ in a compensation', found('compensated', { payment: undone }, command('forward')), [notUndone]],
    [
      'differ in whether it was told',
      found('completed', { payment: succeeded }, command('forward')),
      [{ kind: 'unheard', service: 'mail', what: 'checkout.done' }],
    ],
    [
      'differ in how often it was told',
      found('completed', { payment: succeeded }, command('forward'), done, { ...done, identity: 'e-2' }),
      [{ kind: 'heard twice', service: 'mail', what: 'checkout.done' }],
    ],
    [
      'differ in a step of which nothing is left to undo',
      found('compensated', {}, received('mail', { identity: `${sagaId}/told/forward` })),
      [],
    ],
  ])('%s', (_, saga, differences) => {
    expect(differencesIn(saga, hosting)).toEqual(differences)
  })

  test('of a participant that is not there nothing is said, nor of a definition that nobody hosts', () => {
    const saga = found('completed', { payment: succeeded })
    expect(differencesIn(saga, hosting.slice(0, 1))).toEqual([])
    expect(differencesIn({ ...saga, version: 2 }, hosting)).toEqual([])
  })
})
