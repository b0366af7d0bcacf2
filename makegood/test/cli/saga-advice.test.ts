import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { adviceOn, meaningOf } from '../../src/cli/saga-advice.ts'
import { troubleCodes } from '../../src/model/saga-state.ts'
import { runbookOfTrouble, type SagaDefinitionView, type SagaInFull } from '../../src/operations/contract.ts'
import { inboxView, sagaId, sagaInFull } from '../operations/contract-bodies.ts'

const step = (name: string, kind: SagaDefinitionView['stages'][number][number]['kind']) => ({
  name,
  kind,
  command: `${name}.do`,
  failures: [],
  conditional: false,
  deadlineMs: 1_000,
  compensation: null,
})

const checkout: SagaDefinitionView = {
  name: 'checkout',
  version: 1,
  deadlineMs: null,
  startsOn: null,
  stages: [[step('payment', 'compensatable')], [step('shipping', 'pivot')]],
  ends: { completed: null, compensated: null },
  inFlight: 1,
}

const succeeded = { forward: { state: 'succeeded' } }

function advised(saga: Partial<SagaInFull>, definition: SagaDefinitionView | undefined = checkout): readonly string[] {
  const all = adviceOn(sagaInFull(saga), definition)
  return all.map(({ command }) => command.shown.replace('makegood ', '').replace(` ${sagaId}`, ''))
}

test.each(troubleCodes)('%s has a meaning of its own, and a runbook', code => {
  const trouble = { code, step: 'payment', says: '', runbook: '' }
  expect(meaningOf(trouble).shown).not.toBe(meaningOf({ ...trouble, code: 'unheard of' }).shown)
  expect(
    existsSync(fileURLToPath(new URL(`../../../docs/runbooks/${runbookOfTrouble(code)}.md`, import.meta.url))),
  ).toBe(true)
})

describe('what can be done about a saga', () => {
  const stuck = (code: string, step: string | null = 'payment') => ({ code, step, says: '', runbook: '' })

  test('that is on its way is to send again, or to undo it as long as its pivot is ahead', () => {
    expect(advised({ status: 'running', state: { steps: { payment: succeeded } } })).toEqual([
      'sagas retry',
      'sagas compensate',
    ])
    expect(advised({ status: 'running', state: { steps: { payment: succeeded, shipping: succeeded } } })).toEqual([
      'sagas retry',
    ])
  })

  test('that has ended is to undo it, if that is possible at all', () => {
    expect(advised({ status: 'completed', state: { steps: { payment: succeeded } } })).toEqual(['sagas compensate'])
    expect(advised({ status: 'completed', state: { steps: { shipping: succeeded } } })).toEqual([])
    expect(advised({ status: 'compensated' })).toEqual([])
    expect(advised({ status: 'abandoned' })).toEqual([])
  })

  test('that is stuck depends on its trouble', () => {
    const byHand = [`sagas resolve --step payment --reply '{}'`, 'sagas skip --step payment', 'sagas abandon']
    expect(advised({ trouble: stuck('SILENT') })).toEqual(['sagas retry', ...byHand])
    expect(advised({ trouble: stuck('IN_DOUBT') })).toEqual(byHand)
    expect(advised({ trouble: stuck('DEADLINE_PASSED', null) })).toEqual(['sagas retry', 'sagas abandon'])
  })

  test('of a choreography is to wait once more, or to give it up', () => {
    expect(adviceOn(sagaInFull({ trouble: stuck('SILENT') }), undefined)).toHaveLength(2)
  })

  test('begins with its dead letters, in words that a shell takes as they are', () => {
    const message = { ...inboxView({ state: 'dead', identity: `it's $(mine)` }), service: 'payment' }
    expect(advised({ trouble: stuck('UNPROCESSABLE'), messages: [message] }).slice(0, 2)).toEqual([
      `dead-letters show 'it'\\''s $(mine)' --service payment`,
      `dead-letters redrive 'it'\\''s $(mine)' --service payment`,
    ])
  })

  test('is left to the service to judge where the state is masked, or of another version', () => {
    for (const state of [null, '•••', [], { steps: '•••' }, { steps: { payment: '•••' } }, { was: 7 }]) {
      expect(advised({ status: 'completed', state })).toEqual(['sagas compensate'])
    }
  })
})
