import type { Schema, Validated } from './schema.ts'

/** A shape that messages had before, and how it is read today. */
export interface Older<T> {
  readonly schema: Schema<unknown>
  /** The same in the shape that came next; what it gives is checked by the newest schema. */
  readonly read: (old: never) => T
}

/** Names an older shape for {@link readingOlder}. */
export function older<Old, T>(schema: Schema<Old>, read: (old: Old) => T): Older<T> {
  return { schema, read }
}

/**
 * A schema that reads messages of older shapes as well: those that were on their way, parked or dead when a contract
 * changed, and those of services that are not updated yet. Newest first; what matches none is told as the newest has it.
 * What is published has the newest shape, because the compiler asks for it.
 *
 * @example
 * const orderPlaced = event('order.placed', {
 *   payload: readingOlder(OrderV2, older(OrderV1, order => ({ ...order, currency: 'EUR' }))),
 * })
 */
export function readingOlder<T>(newest: Schema<T>, ...olders: readonly Older<NoInfer<T>>[]): Schema<T> {
  const standard = newest['~standard']
  const validate = async (value: unknown): Promise<Validated<T>> => {
    const asNew = await standard.validate(value)
    if (asNew.issues === undefined) return asNew
    for (const { schema, read } of olders) {
      const asOld = await schema['~standard'].validate(value)
      if (asOld.issues === undefined) return standard.validate(read(asOld.value as never))
    }
    return asNew
  }
  return { ...shownBy(newest), '~standard': { ...standard, vendor: 'makegood', validate } }
}

/** What a schema says of itself for documents is what the newest says. */
function shownBy(schema: Schema<unknown>): object {
  return 'jsonSchema' in schema ? { jsonSchema: schema.jsonSchema } : {}
}
