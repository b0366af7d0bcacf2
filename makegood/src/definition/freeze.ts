import { isSchema } from './schema.ts'

/** Freezes all of a definition but its schemas: those belong to their libraries, which may keep notes in them. */
export function freeze<Part>(part: Part): Part {
  if (typeof part !== 'object' || part === null || isSchema(part) || Object.isFrozen(part)) return part
  for (const inner of Object.values(part)) freeze(inner)
  return Object.freeze(part)
}
