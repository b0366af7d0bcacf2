import Type from 'typebox'
import { expect, test } from 'vitest'
import { typebox } from '../../src/adapters/typebox/index.ts'
import { decide } from '../../src/engine/decide.ts'
import { effectOf } from '../../src/engine/effect.ts'
import { command, saga } from '../../src/makegood.ts'
import type { RequestedAction, SagaState, Steps } from '../../src/model/saga-state.ts'

const nothing = typebox(Type.Object({}))
const doing = (name: string) => command(`shop.${name}`, { payload: nothing })
const undone = (name: string) => ({
  payload: () => ({}),
  compensation: { command: doing(`undo-${name}`), payload: () => ({}) },
})

const checkout = saga('checkout', { version: 1, data: nothing })
  .compensatable('payment', doing('pay'), undone('pay'))
  .compensatable('note', doing('note'), { payload: () => ({}), compensation: 'not needed' })
  .compensatable('inventory', doing('reserve'), undone('reserve'))
  .compensatable('shipping', doing('ship'), undone('ship'))
  .ends({})

const done = { forward: { state: 'succeeded', reply: {}, firstSentAt: 0 } } as const
const asked = { forward: { state: 'open', ask: { attempt: 1, asked: 1, firstSentAt: 0, wakeAt: 1 } } } as const

function effectOn(state: SagaState, action: RequestedAction) {
  const request = { kind: 'request', action, by: 'ada', reason: 'she knows' } as const
  return effectOf(
    checkout,
    state,
    decide({ definition: checkout, data: {} }, state, request, { now: 0, canClose: true }),
  )
}

test('to compensate names all that is to be undone, in its order, and not what needs no undoing', () => {
  const steps: Steps = { payment: done, note: done, inventory: done, shipping: done }
  const effect = effectOn({ status: 'completed', steps }, { kind: 'compensate' })
  expect(effect.sends).toEqual([{ command: 'shop.undo-ship', step: 'shipping', direction: 'compensation' }])
  expect(effect.undoes).toEqual([['shipping'], ['inventory'], ['payment']])
})

test('to go on after a compensation that was skipped names what is left', () => {
  const steps: Steps = { payment: done, inventory: { ...done, back: { ...asked.forward } }, shipping: done }
  const cause = { step: 'operator', code: 'REQUESTED', details: {} }
  const undoneBefore: Steps = { ...steps, shipping: { ...done, back: { state: 'done' } } }
  const effect = effectOn({ status: 'compensating', steps: undoneBefore, cause }, { kind: 'skip', step: 'inventory' })
  expect(effect.undoes).toEqual([['payment']])
})

test('to abandon names what is on its way, and what stays done', () => {
  const steps: Steps = { payment: done, inventory: asked }
  const state: SagaState = { status: 'running', steps, deadlineAt: undefined, cause: undefined }
  expect(effectOn(state, { kind: 'abandon' })).toMatchObject({
    to: 'abandoned',
    undoes: [],
    leaves: { open: ['inventory'], done: ['payment'] },
  })
})
