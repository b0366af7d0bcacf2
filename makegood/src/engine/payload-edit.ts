import { MakegoodError } from '../model/errors.ts'
import { identityOf, type Message } from '../model/message.ts'
import type { InboxRow } from '../ports/store.ts'
import type { Envelope } from '../ports/wire.ts'
import type { Engine } from './engine.ts'
import { read } from './reading.ts'

export interface Edit {
  /** As it came, with another payload. */
  readonly envelope: Envelope
  /** The names of the fields of the payload that are not as they came: the audit has no values. */
  readonly changed: readonly string[]
}

/**
 * A message in custody with another payload. The headers that it came with stay, and so does what it is about.
 * @throws MakegoodError `ACTION_REFUSED` if it may not be edited, `PAYLOAD_INVALID`
 */
export async function withPayload(engine: Engine, { type, handling }: InboxRow, payload: unknown): Promise<Edit> {
  const came = handling.custody!.envelope
  const message = decoded(engine, came)
  if (message === undefined || !isEditable(engine, message))
    throw new MakegoodError(
      'ACTION_REFUSED',
      `What came as ${type} may not be edited: it is not declared \`editable\`.`,
    )
  const { headers, body } = engine.wire.encode({ ...message, payload })
  const envelope: Envelope = { ...came, headers: { ...came.headers, ...headers }, body }
  const reading = await read(engine, envelope)
  if (reading.kind === 'unreadable') throw new MakegoodError('PAYLOAD_INVALID', reading.reason)
  if (identityOf(reading.message) !== identityOf(message) || reading.message.sagaId !== message.sagaId)
    throw new MakegoodError('PAYLOAD_INVALID', `With this payload it would be another ${type}, about something else.`)
  return { envelope, changed: changedFields(message.payload, payload) }
}

function decoded({ wire }: Engine, envelope: Envelope): Message | undefined {
  try {
    return wire.decode(envelope)
  } catch {
    return undefined
  }
}

function isEditable({ hosted }: Engine, message: Message): boolean {
  switch (message.kind) {
    case 'command':
      return message.direction !== 'close' && hosted.handlers.get(message.type)?.command.editable === true
    case 'event':
      return hosted.events.get(message.type)?.editable === true
    case 'reply':
      return false
  }
}

function changedFields(came: unknown, given: unknown): readonly string[] {
  const [before, after] = [fieldsOf(came), fieldsOf(given)]
  return [...new Set([...before.keys(), ...after.keys()])].filter(name => before.get(name) !== after.get(name)).sort()
}

function fieldsOf(payload: unknown): ReadonlyMap<string, string | undefined> {
  const fields = typeof payload === 'object' && payload !== null ? Object.entries(payload) : []
  return new Map(fields.map(([name, value]) => [name, JSON.stringify(value)]))
}
