import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import type { Issue, Schema } from '../../definition/schema.ts'

/** A TypeBox type as a message schema. Needed because TypeBox types have not been Standard Schemas since 1.0.28. */
export function typebox<T extends TSchema>(type: T): TypeBoxSchema<T> {
  const validator = Compile(type)
  return {
    '~standard': {
      version: 1,
      vendor: 'typebox',
      validate: value =>
        validator.Check(value) ? { value: value as Static<T> } : { issues: validator.Errors(value).flatMap(issuesOf) },
    },
    jsonSchema: type,
  }
}

export interface TypeBoxSchema<T extends TSchema> extends Schema<Static<T>> {
  /** For OpenAPI and for the console. */
  readonly jsonSchema: T
}

/** TypeBox reports what is missing or too much at the object around it; an issue names the field itself. */
function issuesOf(error: TLocalizedValidationError): Issue[] {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer)
  switch (error.keyword) {
    case 'required':
      return error.params.requiredProperties.map(name => ({ path: [...path, name], message: 'is missing' }))
    case 'additionalProperties':
      return [] // each such property is reported as well: the schema `false` refuses it
    case 'boolean':
      return [{ path, message: 'is not allowed here' }]
    default:
      return [{ path, message: error.message }]
  }
}

/** JSON Pointer, RFC 6901. */
function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
