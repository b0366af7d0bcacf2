import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { Settings } from 'typebox/system'
import { type FieldError, RequestRefused } from '../adapters/fastify/problem.ts'

export type RequestPart = 'params' | 'query' | 'body'

/**
 * Checks one part of a request. What came in a URL is text: numbers and flags are read from it first.
 *
 * @throws RequestRefused 400, naming every field in trouble, twenty at most
 */
export function checkerOf(part: RequestPart, schema: TSchema): (value: unknown) => unknown {
  const validator = Compile(schema)
  return given => {
    const value = part === 'query' ? readText(given, schema) : given
    const errors = validator.Check(value)
      ? fieldsThatCannotBeKept(part, value)
      : named(part, spoken(allOf(() => validator.Errors(value))))
    if (errors.length > 0) throw refused(errors)
    return value
  }
}

/** @throws RequestRefused 400, of one field */
export function refuseField(field: string, message: string): never {
  throw refused([{ field, message }])
}

function refused(errors: readonly FieldError[]): RequestRefused {
  const told = errors.slice(0, fieldsMax)
  const more = errors.length > told.length ? `; and ${errors.length - told.length} more` : ''
  const detail = `${told.map(({ field, message }) => `${field} ${message}`).join('; ')}${more}.`
  return new RequestRefused(400, detail, { errors: told })
}

const fieldsMax = 20

function readText(query: unknown, schema: TSchema): unknown {
  const { properties } = schema as { readonly properties?: { readonly [name: string]: { readonly type?: string } } }
  return Object.fromEntries(
    Object.entries(query ?? {}).map(([name, text]) => [name, readAs(properties?.[name]?.type, text)]),
  )
}

function readAs(type: string | undefined, text: unknown): unknown {
  if (typeof text !== 'string') return text
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function named(part: RequestPart, errors: readonly TLocalizedValidationError[]): readonly FieldError[] {
  const fields = errors.flatMap(error => {
    const path = error.instancePath.split('/').slice(1).map(unescapePointer)
    return issuesOf(error).map(({ name = [], message }) => ({ field: [part, ...path, ...name].join('.'), message }))
  })
  return [...new Map(fields.map(error => [`${error.field} ${error.message}`, error])).values()]
}

interface IssueAt {
  /** Within what the error is about. */
  readonly name?: readonly [string]
  readonly message: string
}

/** What is missing or too much is reported at the object around it; a person looks for the field. */
function issuesOf(error: TLocalizedValidationError): readonly IssueAt[] {
  switch (error.keyword) {
    case 'required':
      return error.params.requiredProperties.map(name => ({ name: [name], message: 'is missing' }))
    case 'additionalProperties':
      return [] // each such property is reported as well: the schema `false` refuses it
    case 'boolean':
      return [{ message: 'is not known here' }]
    case 'enum':
      return [{ message: `is one of ${error.params.allowedValues.join(', ')}` }]
    case 'pattern':
      return [{ message: 'says nothing' }]
    case 'format':
      return [{ message: 'is a time such as 2026-01-31T12:00:00Z' }]
    default:
      return [{ message: error.message }]
  }
}

type Errors = readonly TLocalizedValidationError[]

/** TypeBox stops at eight, of which most may be of what somebody did not mean; others are not to notice. */
function allOf(errors: () => Errors): Errors {
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: errorsMax })
  try {
    return errors()
  } finally {
    Settings.Set({ maxErrors })
  }
}

const errorsMax = 1_000

/**
 * Of what may be one of several things, and is none, only that speaks which it is nearest to: that which it says that
 * it is, and then that of which the fewest fields are wrong.
 */
function spoken(errors: Errors): Errors {
  const union = errors.find(({ keyword }) => keyword === 'anyOf')
  if (union === undefined) return errors
  const ofUnion = new RegExp(`^${quoted(union.schemaPath)}/anyOf/(\\d+)`)
  const branchOf = ({ schemaPath }: TLocalizedValidationError) => ofUnion.exec(schemaPath)?.[1]
  const branches = new Map<string, Errors>()
  for (const error of errors) {
    const branch = branchOf(error)
    if (branch !== undefined) branches.set(branch, [...(branches.get(branch) ?? []), error])
  }
  const [nearest = []] = [...branches.values()].sort((one, other) => distanceTo(one) - distanceTo(other))
  const others = errors.filter(error => error !== union && branchOf(error) === undefined)
  return spoken([...others, ...(nearest.some(isKind) ? [kinds([...branches.values()].flat())] : nearest)])
}

function distanceTo(errors: Errors): number {
  return errors.length + (errors.some(isKind) ? 1_000 : 0)
}

function isKind({ keyword }: TLocalizedValidationError): boolean {
  return keyword === 'const' || keyword === 'enum'
}

/** All that it could say that it is. */
function kinds(errors: Errors): TLocalizedValidationError {
  const known = errors.filter(isKind)
  const allowedValues = known.flatMap(({ keyword, params }) =>
    keyword === 'const' ? [params.allowedValue] : keyword === 'enum' ? params.allowedValues : [],
  )
  return { ...known[0]!, keyword: 'enum', params: { allowedValues } } as TLocalizedValidationError
}

/** No database keeps these characters, wherever they stand. */
function fieldsThatCannotBeKept(part: RequestPart, value: unknown): readonly FieldError[] {
  if (part === 'params') return []
  const fields: FieldError[] = []
  const look = (within: unknown, field: string, depth: number): void => {
    if (depth > depthMax) fields.push({ field, message: `is nested more deeply than ${depthMax} levels` })
    else if (typeof within === 'string' && unkeepable.test(within)) fields.push({ field, message: unkeepableSays })
    else if (typeof within === 'object' && within !== null) {
      for (const [name, value] of Object.entries(within)) {
        if (unkeepable.test(name)) fields.push({ field, message: unkeepableSays })
        else look(value, `${field}.${name}`, depth + 1)
      }
    }
  }
  look(value, part, 0)
  return fields
}

const depthMax = 64
const unkeepable = /\0|\p{Cs}/u
const unkeepableSays = 'holds a character that no database keeps'

function quoted(path: string): string {
  return path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** JSON Pointer, RFC 6901. */
function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
