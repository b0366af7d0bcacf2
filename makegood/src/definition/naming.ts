import { MakegoodError } from '../model/errors.ts'

/** A definition that breaks a rule: where, and which. */
export function invalid(where: string, rule: string): MakegoodError {
  return new MakegoodError('DEFINITION_INVALID', `${where}: ${rule}.`)
}

export const nameRule: string =
  'a name begins with a letter and goes on with letters, digits, _ or -, 64 characters at the most'

/** Names travel in headers and addresses, stand in tables, and are looked up in plain objects. */
export function isName(candidate: unknown): candidate is string {
  return typeof candidate === 'string' && /^[a-zA-Z][\w-]{0,63}$/.test(candidate) && !(candidate in Object.prototype)
}

export const messageTypeRule: string = `a message type is \`service.action\`, and of each of the two ${nameRule}`

export function isMessageType(candidate: unknown): candidate is `${string}.${string}` {
  if (typeof candidate !== 'string') return false
  const words = candidate.split('.')
  return words.length === 2 && words.every(isName)
}
