import Type from 'typebox'
import { integer, integerMax, optional } from './fields.ts'

/** Which part of a long list is asked for. */
export const pageFields = {
  skip: optional(integer(0, integerMax), 0),
  limit: optional(integer(1, 100), 100),
}

export const Page = Type.Object({
  skip: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 100 })),
})
