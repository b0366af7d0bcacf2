import type { SagaInFull } from 'makegood/operations/contract'
import { isFollowed, stepsOf } from './state.ts'

/** Something that is known of a saga as a value: what it was started with, or what a participant said. */
export interface Document {
  readonly name: string
  readonly value: unknown
}

/** In the order in which they became known. */
export function documentsOf(saga: SagaInFull): readonly Document[] {
  const order = new Map(saga.journal.map(({ step }, index) => [step, index]))
  const steps = Object.entries(stepsOf(saga)).toSorted(
    ([one], [other]) => (order.get(one) ?? 0) - (order.get(other) ?? 0),
  )
  const said = steps.flatMap(([name, { forward }]) => {
    // Of an event only its id is known here.
    if (isFollowed(saga)) return []
    if (forward.state === 'succeeded') return [{ name: `${name}: reply`, value: forward.reply }]
    return forward.state === 'failed' ? [{ name: `${name}: ${forward.code}`, value: forward.details }] : []
  })
  const answers = saga.messages.flatMap(({ service, type, answer, kind }) =>
    answer === null || kind === 'command' ? [] : [{ name: `${service}: answer to ${type}`, value: answer.payload }],
  )
  return [{ name: 'what it was started with', value: saga.data }, ...said, ...answers].filter(
    ({ value }) => value !== null && value !== undefined,
  )
}
