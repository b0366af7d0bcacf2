import type { Command, Event } from '../definition/message.ts'
import { messagesOf } from '../engine/hosted-messages.ts'
import type { Mask } from '../engine/masking.ts'
import type { Hosted } from '../engine/options.ts'
import type { InboxEntry } from '../ports/store.ts'
import type { Wire, Envelope as WireEnvelope } from '../ports/wire.ts'
import type { InboxView } from './contract.ts'
import type { OperatedService } from './services.ts'
import { time, timeOrNull } from './times.ts'

/**
 * All that users have put into a message: also as its wire reads it, which may call a field by another name than the
 * schema does.
 */
export function documentsOfMessage({ handling: { answer, custody } }: InboxEntry, wire: Wire): readonly unknown[] {
  const envelope = custody?.envelope
  return [answer?.payload, envelope?.headers, envelope?.body, envelope && payloadIn(envelope, wire)]
}

/** A message that a service received, and what became of it. */
export function inboxView(
  row: InboxEntry,
  { hosts, wire }: Pick<OperatedService, 'hosts' | 'wire'>,
  mask: Mask,
): InboxView {
  const { identity, messageId, kind, type, sagaId, correlationId, causationId, handling } = row
  const { state, attempt, answer, custody, error } = handling
  const editable = isEditable(row, hosts)
  return {
    identity,
    messageId,
    kind,
    type,
    sagaId: sagaId ?? null,
    correlationId,
    causationId: causationId ?? null,
    receivedAt: time(row.receivedAt),
    state,
    attempt,
    answer:
      answer === undefined ? null : { failure: answer.failure ?? null, payload: mask.document(answer.payload ?? null) },
    error: error === undefined ? null : mask.text(error),
    envelope: custody === undefined ? null : envelopeView(custody.envelope, mask),
    tries: custody?.attempts ?? null,
    dueAt: timeOrNull(row.dueAt),
    editable,
    payload: editable && custody ? mask.document(payloadIn(custody.envelope, wire) ?? null) : null,
    fingerprint: row.fingerprint ?? null,
  }
}

/** Nobody knows it of a type that nothing here reads. */
function isEditable(entry: InboxEntry, hosts: readonly Hosted<any>[]): boolean | null {
  if (entry.handling.custody === undefined || entry.kind === 'reply') return false
  return declarationOf(entry, hosts)?.editable ?? null
}

/** How it is declared to those who read it here; undefined for a reply, and for what nothing here reads. */
export function declarationOf({ kind, type }: InboxEntry, hosts: readonly Hosted<any>[]): Command | Event | undefined {
  return hosts.flatMap(messagesOf).find(message => message.kind === kind && message.type === type)
}

type Envelope = NonNullable<InboxView['envelope']>

function envelopeView({ address, headers, body }: Envelope, mask: Mask): Envelope {
  return { address, headers: mask.document(headers) as Envelope['headers'], body: mask.text(body) }
}

function payloadIn(envelope: WireEnvelope, wire: Wire): unknown {
  try {
    return wire.decode(envelope).payload
  } catch {
    return undefined // It is a dead letter for that.
  }
}
