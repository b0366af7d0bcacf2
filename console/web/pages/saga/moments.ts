import type { JournalView, SagaInFull } from 'makegood/operations/contract'
import { type Seen, serviceOf } from './story.ts'
import { because, quoted, saysWhy, whom } from './words.ts'

/** Something that happened, and where. */
export interface Moment {
  /** Of this moment among all: what an address can name. */
  readonly key: string
  readonly at: string
  readonly service: string
  readonly kind: 'step' | 'message'
  readonly tone: 'good' | 'bad' | 'back' | 'asked' | 'person' | 'plain'
  readonly says: string
  /** Whether a step of the saga says the same: it has handled the message at that moment. */
  readonly isEcho: boolean
  /** What else is known of it; null if that is nothing. */
  readonly detail: unknown
}

/** What the saga decided and what services received of it, in the order of time. Clocks of databases may differ a little. */
export function momentsOf(seen: Seen): readonly Moment[] {
  const { saga } = seen
  const steps = saga.journal.map((entry, index): Moment => {
    const { at, detail } = entry
    return {
      key: `step-${index + 1}`,
      at,
      service: saga.service,
      kind: 'step',
      isEcho: false,
      detail,
      ...readEntry(seen, entry),
    }
  })
  const messages = saga.messages.map(message => readMessage(message, saga))
  return [...steps, ...messages].sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
}

type Said = Pick<Moment, 'tone' | 'says'>

/** What the saga itself did at a moment, or was asked to. */
export function readEntry(seen: Seen, { kind, step, detail }: JournalView): Said {
  const name = step ?? ''
  const service = serviceOf(seen, name, 'forward')
  const undoing = serviceOf(seen, name, 'compensation')
  switch (kind) {
    case 'step sent':
      return { tone: 'asked', says: `${asks(detail)} ${whom(service)} for ${name}` }
    case 'step succeeded':
      return { tone: 'good', says: `${name} succeeded` }
    case 'step failed':
      return { tone: 'bad', says: `${whom(service)} refused ${name}${codeIn(detail)}` }
    case 'step skipped':
      return { tone: 'plain', says: `${name} is left out` }
    case 'step resolved':
      return { tone: 'person', says: `${name} counts as done, by hand` }
    case 'step in doubt':
      return { tone: 'bad', says: `Whether ${name} ran is not known${codeIn(detail)}` }
    case 'step not known':
      return { tone: 'plain', says: `${whom(service)} did not answer for ${name}, and the saga goes on without` }
    case 'step had succeeded':
      return { tone: 'plain', says: `${whom(service)} says that ${name} had run` }
    case 'step had not run':
      return { tone: 'plain', says: `${whom(service)} says that ${name} had not run, and never will` }
    case 'asked again':
      return { tone: 'asked', says: `Asks again for ${name}` }
    case 'asked to close':
      return { tone: 'asked', says: `Asks ${whom(service)} to make sure that ${name} does not run any more` }
    case 'compensating':
      return { tone: 'back', says: `Turns back. ${saysOfCause(seen, detail)}` }
    case 'compensation sent':
      return { tone: 'back', says: `Asks ${whom(undoing)} to undo ${name}` }
    case 'compensation failed':
      return { tone: 'bad', says: `${whom(undoing)} refused to undo ${name}${codeIn(detail)}` }
    case 'step compensated':
      return { tone: 'back', says: `${name} is undone` }
    case 'compensation skipped':
      return { tone: 'person', says: `The undoing of ${name} is left out, by hand` }
    case 'compensation resolved':
      return { tone: 'person', says: `${name} counts as undone, by hand` }
    case 'stuck':
      return { tone: 'bad', says: `Stuck${step === null ? '' : ` at ${step}`}. ${textAt(detail, 'says')}` }
    case 'requested':
      return { tone: 'person', says: saysOfRequest(detail, step) }
    case 'completed':
      return { tone: 'good', says: 'Completed' }
    case 'compensated':
      return { tone: 'back', says: 'All is made good: the saga has ended compensated' }
    case 'abandoned':
      return { tone: 'person', says: 'Abandoned: it stays as it is' }
    case 'event':
      return { tone: 'good', says: `${name} was told` }
    default:
      return { tone: 'plain', says: step === null ? kind : `${kind}: ${step}` }
  }
}

function asks(detail: unknown): string {
  const attempt = (detail as { readonly attempt?: unknown } | null)?.attempt
  return typeof attempt === 'number' && attempt > 1 ? `Attempt ${attempt}: asks` : 'Asks'
}

function codeIn(detail: unknown): string {
  const { code, details } = (detail ?? {}) as { readonly code?: unknown; readonly details?: unknown }
  return typeof code === 'string' ? ` (${code})${because(details)}` : ''
}

function saysOfCause(seen: Seen, detail: unknown): string {
  const cause = detail as Parameters<typeof saysWhy>[0] | null
  return cause === null || typeof cause.code !== 'string' ? '' : saysWhy(cause, serviceOf(seen, cause.step, 'forward'))
}

function saysOfRequest(detail: unknown, step: string | null): string {
  const { by, reason, action } = (detail ?? {}) as {
    readonly by?: string
    readonly reason?: string
    readonly action?: { readonly kind?: string }
  }
  const what = `${action?.kind ?? 'something'}${step === null ? '' : ` ${step}`}`
  return `${by ?? 'Somebody'} asks: ${what}${reason === undefined ? '' : `. Reason: ${quoted(reason)}`}`
}

function textAt(detail: unknown, name: string): string {
  const value = (detail as { readonly [name: string]: unknown } | null)?.[name]
  return typeof value === 'string' ? value : ''
}

// ── Messages ────────────────────────────────────────────────────────────────────────────────────────────────────────

type Received = SagaInFull['messages'][number]

function readMessage(message: Received, saga: SagaInFull): Moment {
  const { service, identity, receivedAt: at, messageId, causationId, attempt, answer, error, envelope } = message
  const isEcho = service === saga.service && message.kind !== 'command' && message.state === 'handled'
  const detail = {
    messageId,
    ...(causationId === null ? {} : { causedBy: causationId }),
    identity,
    attempt,
    ...(answer === null ? {} : { answer }),
    ...(error === null ? {} : { error }),
    ...(envelope === null ? {} : { envelope }),
  }
  return { key: `message-${service}-${messageId}`, at, service, kind: 'message', isEcho, detail, ...became(message) }
}

function became({ kind, type, state, answer, error, tries, service }: Received): Said {
  const received = `${service} received ${kind === 'reply' ? 'the answer to ' : ''}${type}`
  switch (state) {
    case 'handled':
      return { tone: 'plain', says: received }
    case 'ignored':
      return { tone: 'plain', says: `${received}, which nothing there reads` }
    case 'succeeded':
      return { tone: 'good', says: `${received} and carried it out` }
    case 'failed':
      return { tone: 'bad', says: `${received} and refused it${answer?.failure ? ` with ${answer.failure}` : ''}` }
    case 'parked':
      return { tone: 'bad', says: `${received} and has failed at it ${tries ?? 0} times: ${quoted(error ?? '')}` }
    case 'dead':
      return { tone: 'bad', says: `${received}, where it is a dead letter: ${quoted(error ?? '')}` }
    case 'closed':
      return { tone: 'plain', says: `${received}, which is closed: it will not run` }
    case 'in doubt':
      return { tone: 'bad', says: `${received}, and does not know whether its call took effect` }
  }
}
