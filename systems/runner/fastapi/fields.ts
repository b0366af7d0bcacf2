import { toCents } from '../cents.ts'

/** A request that is refused: the status, and what the body says under `detail`. */
export class HttpRefusal extends Error {
  readonly statusCode: number
  readonly detail: string | readonly Issue[]

  constructor(statusCode: number, detail: string | readonly Issue[]) {
    super(typeof detail === 'string' ? detail : 'Unprocessable')
    this.statusCode = statusCode
    this.detail = detail
  }
}

/** What is wrong with one field, in the words of the documented services. */
export interface Issue extends Wrong {
  readonly loc: readonly (string | number)[]
  readonly input: unknown
}

interface Wrong {
  readonly type: string
  readonly msg: string
  readonly ctx?: object
}

/** Reads what a field is to hold, or says what is wrong with it. */
export type Field<Value> = (input: unknown) => { readonly value: Value } | { readonly wrong: Wrong }

interface Fields {
  readonly [name: string]: Field<unknown>
}

type Values<Of extends Fields> = { [Name in keyof Of]: Of[Name] extends Field<infer Value> ? Value : never }

/** @throws HttpRefusal 422, with an issue for each field that is missing or wrong. */
export function readBody<Of extends Fields>(body: unknown, fields: Of): Values<Of> {
  if (body === undefined || body === null) throw new HttpRefusal(422, [issue(missing, ['body'], null)])
  if (typeof body === 'object' && !Array.isArray(body)) return read('body', body as Given, fields)
  const msg = 'Input should be a valid dictionary or object to extract fields from'
  throw new HttpRefusal(422, [{ type: 'model_attributes_type', loc: ['body'], msg, input: body }])
}

/** @throws HttpRefusal 422, with an issue for each field that is missing or wrong. */
export function read<Of extends Fields>(
  place: 'body' | 'path' | 'query' | 'header',
  given: Given,
  fields: Of,
): Values<Of> {
  const issues: Issue[] = []
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const input = Object.hasOwn(given, name) ? given[name] : undefined
    const result = field(input)
    if ('value' in result) values[name] = result.value
    else issues.push(issue(result.wrong, [place, name], input === undefined ? given : input))
  }
  if (issues.length > 0) throw new HttpRefusal(422, issues)
  return values as Values<Of>
}

interface Given {
  readonly [name: string]: unknown
}

/** In the order in which the documented services say it. */
function issue({ type, msg, ctx }: Wrong, loc: Issue['loc'], input: unknown): Issue {
  return { type, loc, msg, input, ...(ctx === undefined ? {} : { ctx }) }
}

const missing: Wrong = { type: 'missing', msg: 'Field required' }

// ── The fields there are ────────────────────────────────────────────────────────────────────────────────────────────

/** What PostgreSQL keeps as an integer. */
export const integerMax = 2_147_483_647

/** A whole number, in digits too. */
export function integer(ge: number, le: number): Field<number> {
  return input => {
    const number = numberIn(input, 'int', 'integer')
    if (typeof number !== 'number') return number
    if (Number.isInteger(number)) return within(number, ge, le)
    return wrong('int_from_float', 'Input should be a valid integer, got a number with a fractional part')
  }
}

/** Any that PostgreSQL keeps. */
export const anyInteger: Field<number> = integer(-integerMax, integerMax)

/** An amount of money, from nothing to `le`, as whole cents. */
export function amount(le: number): Field<number> {
  return input => {
    const number = numberIn(input, 'float', 'number')
    if (typeof number !== 'number') return number
    const inRange = within(number, 0, le)
    if ('wrong' in inRange) return inRange
    const cents = toCents(number)
    if (cents !== undefined) return { value: cents }
    return wrong('decimal_max_places', 'Decimal input should have no more than 2 decimal places', { decimal_places: 2 })
  }
}

/** A text of some length that a database can store. */
export function text(lengthMin: number, lengthMax: number): Field<string> {
  return input => {
    if (input === undefined) return { wrong: missing }
    if (typeof input !== 'string') return wrong('string_type', 'Input should be a valid string')
    const length = [...input].length
    if (length < lengthMin) {
      const msg = `String should have at least ${lengthMin} character${lengthMin === 1 ? '' : 's'}`
      return wrong('string_too_short', msg, { min_length: lengthMin })
    }
    if (length > lengthMax)
      return wrong('string_too_long', `String should have at most ${lengthMax} characters`, { max_length: lengthMax })
    if (!/\0|\p{Surrogate}/u.test(input)) return { value: input }
    return wrong('string_unicode', 'Input should be a valid string, unable to parse raw data as a unicode string')
  }
}

export function oneOf<Word extends string>(words: readonly Word[]): Field<Word> {
  const quoted = words.map(word => `'${word}'`)
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
  return input => {
    if (input === undefined) return { wrong: missing }
    const word = words.find(word => word === input)
    return word === undefined ? wrong('enum', `Input should be ${expected}`, { expected }) : { value: word }
  }
}

export function optional<Value>(field: Field<Value>, otherwise: Value): Field<Value> {
  return input => (input === undefined ? { value: otherwise } : field(input))
}

function numberIn(input: unknown, kind: 'int' | 'float', noun: string): number | { readonly wrong: Wrong } {
  if (typeof input === 'number') return input
  if (input === undefined) return { wrong: missing }
  const should = `Input should be a valid ${noun}`
  if (typeof input !== 'string') return wrong(`${kind}_type`, should)
  const digits = kind === 'int' ? /^\s*[+-]?\d+\s*$/ : /^\s*[+-]?\d+(\.\d+)?\s*$/
  if (digits.test(input)) return Number(input)
  return wrong(`${kind}_parsing`, `${should}, unable to parse string as ${kind === 'int' ? 'an integer' : 'a number'}`)
}

function within(value: number, ge: number, le: number): { readonly value: number } | { readonly wrong: Wrong } {
  if (value < ge) return wrong('greater_than_equal', `Input should be greater than or equal to ${ge}`, { ge })
  if (value > le) return wrong('less_than_equal', `Input should be less than or equal to ${le}`, { le })
  return { value }
}

function wrong(type: string, msg: string, ctx?: object): { readonly wrong: Wrong } {
  return { wrong: { type, msg, ...(ctx === undefined ? {} : { ctx }) } }
}
