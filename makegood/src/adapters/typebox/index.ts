import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Schema } from '../../definition/schema.ts'

/** A TypeBox type as a message schema. Needed because TypeBox types have not been Standard Schemas since 1.0.28. */
export function typebox<T extends TSchema>(type: T): TypeBoxSchema<T> {
  const validator = Compile(type)
  return {
    '~standard': {
      version: 1,
      vendor: 'typebox',
      validate: value =>
        validator.Check(value)
          ? { value: value as Static<T> }
          : { issues: validator.Errors(value).map(error => ({ message: `${error.instancePath} ${error.message}` })) },
    },
    jsonSchema: type,
  }
}

export interface TypeBoxSchema<T extends TSchema> extends Schema<Static<T>> {
  /** For OpenAPI and for the console. */
  readonly jsonSchema: T
}
