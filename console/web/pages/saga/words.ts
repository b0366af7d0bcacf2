import type { Cause } from 'makegood'
import { lasting } from '../../parts/when.tsx'

const somebody = 'its participant'

/** `payment-service`, or words for it where nobody is known. */
export function whom(service: string | null): string {
  return service ?? somebody
}

/** Begins with a capital letter, unless with the name of a service. */
export function sentence(text: string): string {
  return text.startsWith(somebody) ? `I${text.slice(1)}` : text
}

/** Why a saga turned back, as a sentence about who said no, or who said nothing. */
export function saysWhy(cause: Cause, service: string | null): string {
  return sentence(whyIt(cause, service))
}

function whyIt({ step, code, details }: Cause, service: string | null): string {
  const reaction = reactionIn(step)
  if (reaction !== null) return `${reaction.service} answered ${reaction.event} with ${code}.`
  switch (code) {
    case 'REQUESTED':
      return `${textIn(details, 'by') ?? 'Somebody'} asked for it: ${quoted(textIn(details, 'reason') ?? 'no reason was given')}.`
    case 'DEADLINE_PASSED': {
      const ms = (details as { readonly deadlineMs?: unknown } | null)?.deadlineMs
      const within = typeof ms === 'number' ? ` within ${lasting(ms)}` : ' in time'
      return step === 'saga'
        ? `It had not ended${within}, which is its deadline.`
        : `${whom(service)} gave no answer to the step ${step}${within}.`
    }
    case 'UNPROCESSABLE':
      return `${whom(service)} could not carry out the step ${step}: its message is a dead letter there${because(details)}.`
    case 'EXPIRED':
      return `The step ${step} reached ${whom(service)} so late that it is not known whether it ran.`
    case 'IN_DOUBT':
      return `${whom(service)} had begun the step ${step} with a call to the outside, and does not know how it ended.`
    case 'CLOSED':
      return `The step ${step} was closed at ${whom(service)} before it ran.`
    default:
      return `${whom(service)} refused the step ${step} with ${code}${because(details)}.`
  }
}

/** What a participant gave as its reason, wherever it keeps such things; empty if it gave none. */
export function because(details: unknown): string {
  const reason = ['reason', 'message', 'error', 'detail'].map(name => textIn(details, name)).find(Boolean)
  if (reason !== undefined) return `: ${quoted(reason)}`
  if (typeof details === 'string' && details !== '') return `: ${quoted(details)}`
  return details === null || details === undefined || isEmpty(details) ? '' : `: ${cut(JSON.stringify(details))}`
}

/** The service, and the event that it reacts to, of a choreography's step. */
export function reactionIn(step: string): { readonly event: string; readonly service: string } | null {
  const at = step.lastIndexOf(' in ')
  return at < 0 ? null : { event: step.slice(0, at), service: step.slice(at + 4) }
}

export function quoted(text: string): string {
  return `“${cut(text)}”`
}

const quotedMax = 300

function cut(text: string): string {
  return text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text
}

function textIn(value: unknown, name: string): string | undefined {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return typeof found === 'string' && found !== '' ? found : undefined
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
