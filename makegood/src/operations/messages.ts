import type { Mask, Masking } from '../engine/masking.ts'
import type { InboxEntry } from '../ports/store.ts'
import type { Admitted } from './access.ts'
import { refuseField } from './checking.ts'
import type { InboxView, MessageList, Participations } from './contract.ts'
import type { Questions } from './exchange.ts'
import { documentsOfMessage, inboxView } from './message-views.ts'
import { checkReveal, maskFor } from './revealing.ts'
import { limitDefault } from './schemas.ts'
import type { OperatedService } from './services.ts'

/** All that a service received of one saga, or of one chain of events, oldest first. */
export async function messagesAbout(
  service: OperatedService,
  question: Questions['messages'],
  masking: Masking,
  admitted: Admitted,
): Promise<{ readonly messages: readonly InboxView[] }> {
  checkReveal(question, admitted)
  const entries = await service.queries.messages(question.correlationId)
  const documents = entries.flatMap(entry => documentsOfMessage(entry, service.wire))
  if (entries.length === 0) return { messages: [] }
  const about = { ...question, target: question.correlationId }
  const mask = await maskFor(service, about, admitted, () => masking.over(documents))
  return { messages: entries.map(entry => inboxView(entry, service, mask)) }
}

/** Whoever leads them, here or elsewhere. */
export async function participationsOf(
  { queries }: OperatedService,
  { since, limit = limitDefault, after }: Questions['participations'],
): Promise<Participations> {
  const search = { since: Date.parse(since), limit, ...(after === undefined ? {} : { after }) }
  const { rows, next } = await queries.participations(search)
  return { sagaIds: rows, next: next ?? null }
}

/** Dead letters or parked messages, oldest first; or one of them. */
export async function messageList(
  service: OperatedService,
  state: 'dead' | 'parked',
  question: Questions['deadLetters'],
  masking: Masking,
  admitted: Admitted,
): Promise<MessageList> {
  checkReveal(question, admitted)
  const { identity, reveal } = question
  if (identity === undefined) {
    if (reveal === true) refuseField('query.identity', 'is missing: one message is revealed at a time')
    const { service: _service, reveal: _reveal, reason: _reason, limit = limitDefault, ...search } = question
    const { rows, next } = await service.queries.inbox({ ...search, state, limit })
    return { messages: rows.map(entry => shown(entry, service, masking)), next: next ?? null }
  }
  const entry = await service.queries.inboxRow(identity)
  if (entry === undefined || !isKept(entry, state)) return { messages: [], next: null }
  const mask = await maskFor(service, { ...question, target: identity }, admitted, () =>
    maskOf(entry, service, masking),
  )
  return { messages: [inboxView(entry, service, mask)], next: null }
}

function shown(entry: InboxEntry, service: OperatedService, masking: Masking): InboxView {
  return inboxView(entry, service, maskOf(entry, service, masking))
}

function maskOf(entry: InboxEntry, { wire }: OperatedService, masking: Masking): Mask {
  return masking.over(documentsOfMessage(entry, wire))
}

/** One that was discarded or is answered for is no dead letter any more, though its record says that it died. */
function isKept({ handling }: InboxEntry, state: 'dead' | 'parked'): boolean {
  return handling.state === state && handling.custody !== undefined
}
