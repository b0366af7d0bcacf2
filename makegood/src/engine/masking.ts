import { type JsonSchema, jsonSchemaOf } from '../definition/json-schema.ts'
import type { Command, Event } from '../definition/message.ts'
import type { Schema } from '../definition/schema.ts'
import { MakegoodError } from '../model/errors.ts'
import { masked } from '../model/masked.ts'
import { messagesOf } from './hosted-messages.ts'
import type { Hosted } from './options.ts'

/**
 * What not everybody may see: whatever stands under a name that is marked in the schema of any message or saga that is
 * hosted here, with the keyword `x-personal` or `x-secret`, and under names that secrets usually have.
 *
 * @throws MakegoodError `DEFINITION_INVALID` for a mark on a whole message: it has no name to be known by
 */
export function maskingOf(hosts: readonly Hosted<any>[]): Masking {
  const names = new Set(hosts.flatMap(schemasOf).flatMap(([where, schema]) => markedIn(where, schema)))
  return new Masking(names)
}

/** Names of fields, in any spelling: `cardNumber`, `card_number` and `Card-Number` are one. */
export class Masking {
  readonly #names: ReadonlySet<string>
  readonly #inText: RegExp

  constructor(names: Iterable<string>) {
    const spelt = [...names]
    this.#names = new Set(spelt.map(normal))
    this.#inText = namedInText([...spelt, ...usualSecrets])
  }

  /**
   * Masks one answer. Values that stand under a masked name in any of its documents are masked wherever they are
   * repeated: in a text that says what went wrong, in a body that spells its names otherwise.
   */
  over(documents: readonly unknown[]): Mask {
    const values = new Set<string>()
    for (const document of documents) this.#collect(document, values)
    return new NamedMask(name => this.#masks(name), this.#inText, values)
  }

  #masks(name: string): boolean {
    const plain = normal(name)
    return this.#names.has(plain) || usualEnding.test(plain)
  }

  #collect(value: unknown, into: Set<string>, isMasked = false, depth = 0): void {
    const within = typeof value === 'string' ? documentIn(value) : value
    if (depth > depthMax) return
    if (Array.isArray(within)) {
      for (const item of within) this.#collect(item, into, isMasked, depth + 1)
    } else if (typeof within === 'object' && within !== null) {
      for (const [name, part] of Object.entries(within)) {
        this.#collect(part, into, isMasked || this.#masks(name), depth + 1)
      }
    } else if (isMasked && isTelling(String(value))) into.add(String(value))
  }
}

export interface Mask {
  /** Whether it has masked anything so far. */
  readonly used: boolean
  /** Anything that is JSON; what is JSON within a text, too. */
  document(value: unknown): unknown
  /** A sentence, or a body that may be JSON. */
  text(text: string): string
}

/** For those to whom everything is shown. */
export const noMask: Mask = { used: false, document: value => value, text: text => text }

class NamedMask implements Mask {
  readonly #masks: (name: string) => boolean
  readonly #inText: RegExp
  readonly #values: ReadonlySet<string>
  readonly #spelt: readonly string[]
  #times = 0

  constructor(masks: (name: string) => boolean, inText: RegExp, values: ReadonlySet<string>) {
    this.#masks = masks
    this.#inText = inText
    this.#values = values
    this.#spelt = [...values].slice(0, valuesMax).flatMap(spellingsOf)
  }

  get used(): boolean {
    return this.#times > 0
  }

  document(value: unknown): unknown {
    return this.#document(value, 0)
  }

  text(text: string): string {
    return this.#values.size > valuesMax ? this.#mask() : this.#string(text, 0)
  }

  #document(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#string(value, depth)
    if (typeof value === 'number') return this.#number(value)
    if (typeof value !== 'object' || value === null) return value
    if (depth >= depthMax) return this.#mask()
    if (Array.isArray(value)) return value.map(item => this.#document(item, depth + 1))
    const parts = Object.entries(value).map(([name, part]) => {
      const hides = part !== null && part !== '' && this.#masks(name)
      return [name, hides ? this.#mask() : this.#document(part, depth + 1)]
    })
    return Object.fromEntries(parts)
  }

  #string(text: string, depth: number): string {
    const within = documentIn(text)
    if (within === undefined) return this.#sentence(text)
    const before = this.#times
    const shown = this.#document(within, depth)
    return this.#times === before ? text : JSON.stringify(shown)
  }

  #sentence(text: string): string {
    const mask = () => this.#mask()
    const maskAfter = (_found: string, before: string) => before + this.#mask()
    const named = text.replace(excerpt, mask).replace(bearer, maskAfter).replace(this.#inText, maskAfter)
    const repeated = anyOf(this.#spelt, named)
    return repeated === undefined ? named : named.replace(repeated, mask)
  }

  /** A short one may well be equal by chance. */
  #number(value: number): unknown {
    const digits = String(value)
    return digits.length >= 8 && this.#values.has(digits) ? this.#mask() : value
  }

  #mask(): string {
    this.#times++
    return masked
  }
}

// ── Marks ───────────────────────────────────────────────────────────────────────────────────────────────────────────

type Named = readonly [where: string, schema: Schema<unknown>]

function schemasOf(hosted: Hosted<any>): readonly Named[] {
  const messages = messagesOf(hosted).flatMap(message =>
    message.kind === 'command' ? partsOf(message) : [payloadOf(message)],
  )
  return hosted.kind === 'saga' ? [...messages, [`the saga ${hosted.name}`, hosted.data]] : messages
}

function partsOf({ type, reply, failures, ...command }: Command): readonly Named[] {
  const details = Object.entries<Schema<unknown>>(failures as object as { readonly [code: string]: Schema<unknown> })
  return [
    payloadOf({ type, ...command }),
    [`the reply to ${type}`, reply],
    ...details.map(([code, schema]): Named => [`the failure ${code} of ${type}`, schema]),
  ]
}

function payloadOf({ type, payload }: Pick<Command | Event, 'type' | 'payload'>): Named {
  return [type, payload]
}

function markedIn(where: string, schema: Schema<unknown>): readonly string[] {
  const root = jsonSchemaOf(schema)
  const names: string[] = []
  const seen = new Set<string>()

  const visit = (part: unknown, name: string | undefined): void => {
    if (Array.isArray(part)) {
      for (const each of part) visit(each, name)
      return
    }
    if (typeof part !== 'object' || part === null) return
    const { $ref: reference, ...keywords } = part as { readonly [keyword: string]: unknown }
    if (marks.some(mark => keywords[mark] === true)) {
      if (name === undefined) throw new MakegoodError('DEFINITION_INVALID', unnamed(where))
      names.push(name)
    }
    if (typeof reference === 'string' && !seen.has(`${reference} ${name}`)) {
      seen.add(`${reference} ${name}`)
      visit(pointedAt(root, reference), name)
    }
    for (const [keyword, value] of Object.entries(keywords)) {
      if (keyword === 'properties') for (const [field, of] of Object.entries(value as object)) visit(of, field)
      else if (keyword === 'patternProperties') for (const of of Object.values(value as object)) visit(of, name)
      else if (inPlace.has(keyword)) visit(value, name)
    }
  }
  visit(root, undefined)
  return names
}

const marks = ['x-personal', 'x-secret']

/** What these hold is known by the name of what is around it. */
const inPlace: ReadonlySet<string> = new Set([
  ...['items', 'prefixItems', 'contains', 'additionalItems', 'additionalProperties', 'unevaluatedProperties'],
  ...['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else'],
])

function unnamed(where: string): string {
  return `The schema of ${where} is marked as a whole: what is masked is known by its name, so mark a field in it.`
}

/** Within its own document: `#/$defs/Email`. */
function pointedAt(root: JsonSchema | undefined, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined
  const parts = reference
    .slice(1)
    .split('/')
    .slice(1)
    .map(part => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
  return parts.reduce<unknown>((at, part) => (at as { readonly [name: string]: unknown } | undefined)?.[part], root)
}

// ── Names and texts ─────────────────────────────────────────────────────────────────────────────────────────────────

const usualSecrets = [
  ...['password', 'passwd', 'passphrase', 'secret', 'token', 'api_key', 'private_key', 'authorization', 'cookie'],
  ...['card_number', 'cvv', 'cvc', 'iban'],
]

/** `paymentToken` and `db_password` are as secret. */
const usualEnding = new RegExp(`(${usualSecrets.map(normal).join('|')})$|^(pan|pin|cvv2|cvc2)$`)

function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}

/** `password=…`, `"card_number":"…"`, `(email)=(…)`: where a text names what it says. */
function namedInText(names: readonly string[]): RegExp {
  const spelt = names.map(name => wordsOf(name).map(quoted).join('[-_ ]?'))
  const value = [
    String.raw`"(?:[^"\\]|\\.)*"?`,
    String.raw`\\"[^"]*"?`,
    `'[^']*'?`,
    String.raw`\([^)]*\)?`,
    // Of a thing that is broken off nobody knows where it ends.
    String.raw`[{[][\s\S]*`,
    String.raw`[^\s,;&}\])"']+`,
  ].join('|')
  return new RegExp(String.raw`((?:${[...new Set(spelt)].join('|')})(?:\)?\s*=\s*|\\?"\s*:\s*))(?:${value})`, 'giu')
}

/** Whoever shows what it was called with. */
const bearer = /(\b(?:Bearer|Basic) +)[\w.~+/=-]{16,}/gi

/** What JavaScript quotes of a text that it cannot parse. */
const excerpt = /(?:\.{3})?"[\s\S]{0,60}"(?:\.{3})?(?= is not valid JSON)/g

/** `cardNumber` → card, number. */
function wordsOf(name: string): readonly string[] {
  return name.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1_$2').match(/[\p{L}\p{N}]+/gu) ?? [name]
}

/** As it is, and as it stands in a text that is JSON. */
function spellingsOf(value: string): readonly string[] {
  const plain = value.toLowerCase()
  return [...new Set([plain, JSON.stringify(plain).slice(1, -1)])]
}

/** What finds those of them that are in a text: to look for all of them in one expression takes many times longer. */
function anyOf(spelt: readonly string[], text: string): RegExp | undefined {
  const plain = text.toLowerCase()
  const there = spelt.filter(each => plain.includes(each)).sort((one, other) => other.length - one.length)
  return there.length === 0 ? undefined : new RegExp(there.map(quoted).join('|'), 'giu')
}

function quoted(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

/** A text of JSON within JSON: an object or a list. */
function documentIn(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

/** What is short stands anywhere by chance, and says nothing where it does. */
function isTelling(value: string): boolean {
  return value.length >= (/^\d+$/.test(value) ? 6 : 4) && !/^(true|false|null|undefined)$/.test(value)
}

/** How many values are looked for where they are repeated; of an answer that has more, no sentence is shown. */
const valuesMax = 500
/** What is nested more deeply is not shown. */
const depthMax = 100
