import { nothing, type Schema } from './schema.ts'

/** JSON Schema of draft 7, as data: what documents of messages are written in. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

/**
 * What a schema says, for documents: its own `jsonSchema`, as `makegood/typebox` gives it, or what it answers as a
 * Standard JSON Schema, as Zod does. One that cannot be shown allows everything and says so. Undefined for the schema of
 * what says nothing.
 */
export function jsonSchemaOf(schema: Schema<unknown>): JsonSchema | undefined {
  if (schema === nothing) return undefined
  const { jsonSchema, '~standard': standard } = schema as Shown
  if (jsonSchema !== undefined) return asData(jsonSchema) as JsonSchema
  try {
    // What others may send; what their service sends passes it too.
    const shown = standard.jsonSchema?.input({ target: 'draft-07' })
    if (shown !== undefined) return asData(shown) as JsonSchema
  } catch {
    // It has types that JSON Schema has no word for.
  }
  return {
    description: `Whatever its service accepts: this schema (${standard.vendor}) cannot be shown as JSON Schema.`,
  }
}

/** Of a Standard JSON Schema (https://standardschema.dev/json-schema) as much as is asked. */
interface Shown {
  readonly jsonSchema?: unknown
  readonly '~standard': {
    readonly vendor: string
    readonly jsonSchema?: { readonly input: (options: { readonly target: 'draft-07' }) => unknown }
  }
}

/** Without what only its library understands, and as it will read: patterns are texts in JSON. */
function asData(value: unknown): unknown {
  if (value instanceof RegExp) return value.source
  if (Array.isArray(value)) return value.map(asData)
  if (typeof value !== 'object' || value === null) return value
  const own = Object.entries(value).filter(([key, part]) => !/^(~|\$schema$)/.test(key) && typeof part !== 'function')
  return Object.fromEntries(own.map(([key, part]) => [key, asData(part)]))
}
