import type { Handler, ReceivedMessage } from '../definition/participant.ts'
import { identityOf, type Message } from '../model/message.ts'
import type { InboxRow } from '../ports/store.ts'
import type { Envelope } from '../ports/wire.ts'
import type { Engine } from './engine.ts'
import { digestOf, type Reading, read } from './reading.ts'
import { storable } from './storable.ts'

/** A message on its way through one transaction: read, and with what that transaction needs to know of its past. */
export interface Work {
  readonly envelope: Envelope
  readonly reading: Reading
  readonly identity: string
  readonly digest: string
  /** Set for a message in custody: the claim under which it is taken up. */
  readonly claim?: InboxRow
  /** Set if it is handled in the order of its key (protocol, rule 23). */
  readonly orderKey: string | undefined
  /** What the call outside gave. */
  readonly called?: Called
  /** It may have been here before, and may have ended the process then: it is parked first (protocol, rule 17). */
  readonly custodyFirst: boolean
  /** Why it cannot be handled in this transaction: it is parked for it. */
  readonly spoiled?: unknown
  /** What its handlers will touch; `all` if they do not say (protocol, rule 18). */
  readonly lockNames: readonly string[] | 'all' | 'none'
}

export type Called =
  | { readonly kind: 'returned'; readonly result: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }

export async function workOn(
  engine: Engine,
  envelope: Envelope,
  past: Pick<Work, 'claim' | 'custodyFirst'>,
): Promise<Work> {
  const reading = await read(engine, envelope)
  const identity = past.claim?.identity ?? identityIn(reading, envelope)
  const digest = digestOf(envelope, reading)
  return {
    ...past,
    envelope,
    reading,
    identity,
    digest,
    orderKey: engine.queue?.inOrder && reading.kind === 'event' ? reading.message.key : undefined,
    ...locking(() => (past.custodyFirst ? 'none' : namesOf(reading))),
  }
}

/** The result of a call is recorded under the names that the call itself did not need. */
export function withResult(work: Work, called: Called): Work {
  const { handler, message } = work.reading as Reading & { kind: 'command' }
  return { ...work, called, ...locking(() => namesForHandler(handler, message.payload)) }
}

/** Splits work so that no two of one transaction are about the same message, step or key that has an order. */
export function oneOfEach(work: readonly Work[]): { readonly now: readonly Work[]; readonly later: readonly Work[] } {
  const seen = new Set<string>()
  const now: Work[] = []
  const later: Work[] = []
  for (const item of work) {
    const { reading, identity, orderKey } = item
    const inOrder = orderKey === undefined ? identity : `key:${orderKey}`
    const about = reading.kind === 'command' ? `${reading.message.sagaId}/${reading.message.step}` : inOrder
    if (seen.has(about)) later.push(item)
    else now.push(item)
    seen.add(about)
  }
  return { now, later }
}

export function messageOf({ reading }: Work): Message | undefined {
  return reading.message
}

export function receivedFrom(message: Message, { claim }: Work): ReceivedMessage {
  const { id, type, sagaId, correlationId, causationId, sentAt, headers } = message
  const attempt = Math.max(claim?.handling.custody?.attempts ?? 1, 1)
  return { id, type, sagaId, correlationId, causationId, attempt, sentAt: new Date(sentAt), headers }
}

function identityIn({ message }: Reading, envelope: Envelope): string {
  return message === undefined ? `unreadable/${storable(envelope.id)}` : identityOf(message)
}

function namesOf(reading: Reading): Work['lockNames'] {
  switch (reading.kind) {
    case 'command':
      if (reading.message.direction === 'close' || reading.handler.call !== undefined) return 'none'
      return namesForHandler(reading.handler, reading.message.payload)
    case 'event': {
      const written = reading.reactions.map(({ keys }) => keys)
      if (written.length === 0) return 'none'
      return written.every(keys => keys !== undefined)
        ? written.flatMap(keys => keysOf(keys, reading.message.payload))
        : 'all'
    }
    case 'reply':
    case 'stranger':
    case 'unreadable':
      return 'none'
  }
}

/** The user's own code says which: if it throws, the message is parked for that. */
function locking(names: () => Work['lockNames']): Pick<Work, 'lockNames' | 'spoiled'> {
  try {
    return { lockNames: names() }
  } catch (error) {
    return { lockNames: 'none', spoiled: error }
  }
}

function namesForHandler({ keys }: Handler<unknown>, payload: unknown): Work['lockNames'] {
  return keys === undefined ? 'all' : keysOf(keys, payload)
}

function keysOf(keys: (payload: never) => readonly string[], payload: unknown): readonly string[] {
  return keys(payload as never).map(key => `key:${key}`)
}
