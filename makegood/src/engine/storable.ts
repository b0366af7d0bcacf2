import { MakegoodError } from '../model/errors.ts'
import type { Message } from '../model/message.ts'

/** How long a name or an id may be: with the others of its key it has to fit into an index. */
const charactersMax = 200
/** How deep a payload may be nested: MySQL takes nothing apart that is deeper than a hundred, and a state holds replies. */
export const depthMax = 64

/**
 * Databases keep no U+0000 and nothing that is not Unicode, and a key has its limit: what comes from a broker may be
 * all of that, so it is looked at before anything is written.
 * @throws MakegoodError `MESSAGE_UNREADABLE`, naming the field
 */
export function checkStorable(message: Message): void {
  const { id, type, correlationId, causationId, sagaId, payload } = message
  const step = message.kind === 'event' ? undefined : message.step
  const key = message.kind === 'event' ? message.key : undefined
  for (const [field, text] of Object.entries({ id, type, correlationId, causationId, sagaId, step, key })) {
    if (text === undefined || text === storable(text)) continue
    throw new MakegoodError(
      'MESSAGE_UNREADABLE',
      `The ${field} has characters that cannot be stored, or more than ${charactersMax}.`,
    )
  }
  if (isDeeper(payload, depthMax))
    throw new MakegoodError('MESSAGE_UNREADABLE', `The payload is nested more than ${depthMax} deep.`)
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return depth < 0
  return depth < 0 || Object.values(value).some(item => isDeeper(item, depth - 1))
}

/** The nearest text that can be stored in a key. */
export function storable(text: string): string {
  return withoutNul(text).slice(0, charactersMax)
}

/** The nearest text that can be stored at all. */
export function withoutNul(text: string): string {
  return plain.test(text) ? text : Buffer.from(text).toString().replaceAll('\u0000', '')
}

/** What almost every name and id is made of. */
const plain = /^[ -~]*$/
