import type { SagaDefinitionView, SagaInFull, TroubleView } from '../operations/contract.ts'
import { type Shown, shellWord, type Text, text } from './text.ts'

/** A command to type next, and what it is for. */
export interface Advice {
  readonly command: Text
  readonly to: Shown
}

/** What each trouble means to somebody who does not know the code; `docs/operations.md` has the same. */
export function meaningOf({ code, step }: TroubleView): Text {
  const where = step === null ? text`The saga` : text`The step ${step}`
  switch (code) {
    case 'SILENT':
      return text`${where} was asked for again and again and never answered. Is its service running, and its queue bound?`
    case 'FAILED':
      return text`${where} was refused in all its attempts, and there is no way back from here. Mend the reason at its service.`
    case 'UNPROCESSABLE':
      return text`${where} is a dead letter at its service: see the messages below. Mend the reason, then redrive it.`
    case 'EXPIRED':
      return text`${where} is so old that its service has no record of it. Find out by hand whether it ran.`
    case 'IN_DOUBT':
      return text`${where} may or may not have taken effect outside, and nobody knows. Ask the provider.`
    case 'CLOSED':
      return text`${where} was closed at its service: it will not run any more as it is.`
    case 'DEFINITION_THREW':
      return text`The saga's own code threw. Deploy a definition that does not; the same input is decided again then.`
    case 'DEADLINE_PASSED':
      return text`The time for the whole saga is over, and it has passed the point of no return: it can only go forward.`
    default:
      return text`${where} waits for a person.`
  }
}

/** What can be done about a saga as it is, the likeliest first. */
export function adviceOn(saga: SagaInFull, definition: SagaDefinitionView | undefined): readonly Advice[] {
  return [...letters(saga), ...actions(saga, definition)]
}

function letters({ messages }: SagaInFull): readonly Advice[] {
  return messages.flatMap(({ service, identity, state }) => {
    if (state !== 'dead') return []
    const letter = text`${shellWord(identity)} --service ${shellWord(service)}`
    return [
      { command: text`makegood dead-letters show ${letter}`, to: 'see why it is dead' },
      {
        command: text`makegood dead-letters redrive ${letter}`,
        to: 'have it handled again, when the reason is mended',
      },
    ]
  })
}

function actions(saga: SagaInFull, definition: SagaDefinitionView | undefined): readonly Advice[] {
  const act = (action: string, more = '') => text`makegood sagas ${action} ${shellWord(saga.id)}${more}`
  const retry = { command: act('retry'), to: 'send what is open again, now' }
  const abandon = { command: act('abandon'), to: 'end it as it is: nothing is undone, and it cannot be taken back' }
  const compensate = { command: act('compensate'), to: 'undo what was done' }
  switch (saga.status) {
    case 'running':
      return canGoBack(saga, definition) ? [retry, compensate] : [retry]
    case 'compensating':
      return [retry]
    case 'completed':
      return canGoBack(saga, definition) ? [compensate] : []
    case 'stuck': {
      if (definition === undefined) return [retry, abandon]
      const { code = '', step = null } = saga.trouble ?? {}
      if (step === null) return [retry, abandon]
      const resolve = {
        command: act('resolve', ` --step ${shellWord(step)} --reply '{}'`),
        to: 'say that it ran, with this reply',
      }
      const skip = { command: act('skip', ` --step ${shellWord(step)}`), to: 'go on without it' }
      const byHand = code === 'EXPIRED' || code === 'IN_DOUBT'
      return byHand ? [resolve, skip, abandon] : [retry, resolve, skip, abandon]
    }
    case 'compensated':
    case 'abandoned':
      return []
  }
}

/** Known only of a definition that is hosted somewhere: whether a pivot, or a step after it, has been reached. */
function canGoBack({ state }: SagaInFull, definition: SagaDefinitionView | undefined): boolean {
  const pastReturn = definition?.stages.flat().filter(({ kind }) => kind === 'pivot' || kind === 'retriable')
  return pastReturn?.every(({ name }) => !hasSucceeded(state, name)) ?? false
}

function hasSucceeded(state: unknown, step: string): boolean {
  return stepsIn(state).some(({ name, forward }) => name === step && forward['state'] === 'succeeded')
}

// ── The state, as another process of another version tells it ───────────────────────────────────────────────────────

export interface ToldStep {
  readonly name: string
  readonly forward: Told
  readonly back: Told | undefined
}

export interface Told {
  readonly [name: string]: unknown
}

/** The steps that have begun. What is not as expected, or masked, is left out. */
export function stepsIn(state: unknown): readonly ToldStep[] {
  const told = toldIn(state)
  const steps = toldIn(told?.['steps']) ?? toldIn(toldIn(told?.['was'])?.['steps']) ?? {}
  return Object.entries(steps).flatMap(([name, step]) => {
    const forward = toldIn(toldIn(step)?.['forward'])
    return forward === undefined ? [] : [{ name, forward, back: toldIn(toldIn(step)?.['back']) }]
  })
}

export function toldIn(value: unknown): Told | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Told) : undefined
}
