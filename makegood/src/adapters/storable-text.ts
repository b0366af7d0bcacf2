/**
 * Text that a database can hold: PostgreSQL has no NUL, and no driver half a surrogate pair, for which it would send
 * this sign anyway.
 */
export function text(value: string): string {
  return special.test(value) ? value.replace(unstorable, '\uFFFD') : value
}

/** Control characters, and halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const special: RegExp = /[\0-\x1f\uD800-\uDFFF]/
const unstorable = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
