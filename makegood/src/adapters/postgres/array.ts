import { special, text } from '../storable-text.ts'

/** A column of values in PostgreSQL's notation for arrays: one parameter, however many rows. */
export function array(values: readonly (string | number | boolean | null | undefined)[]): string {
  return `{${values.map(element).join(',')}}`
}

function element(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value !== 'string') return String(value)
  if (!notPlain.test(value)) return `"${value}"`
  // JSON escapes as arrays do where there is nothing else to escape, at a fifth of the cost.
  return special.test(value) ? `"${text(value).replace(needsEscape, '\\$&')}"` : JSON.stringify(value)
}

const needsEscape = /["\\]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const notPlain = /["\\\0-\x1f\uD800-\uDFFF]/
