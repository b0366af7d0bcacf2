/** A column of values in PostgreSQL's notation for arrays: one parameter, however many rows. */
export function array(values: readonly (string | number | boolean | null | undefined)[]): string {
  return `{${values.map(element).join(',')}}`
}

function element(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return `"${text(value).replace(needsEscape, '\\$&')}"`
  return String(value)
}

/** Text that PostgreSQL can hold: it has no NUL, and the driver turns half a surrogate pair into this sign anyway. */
export function text(value: string): string {
  return value.replace(unstorable, '\uFFFD')
}

const needsEscape = /["\\]/g
const unstorable = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
