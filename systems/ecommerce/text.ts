/**
 * Names the place of a text that PostgreSQL can store neither as text nor as JSON: one with the character NUL or with
 * half of a surrogate pair. Both can reach parsed JSON by escapes only, so that most texts cost one search.
 */
export function unstorable(json: string, value: unknown): string | undefined {
  return /\\u(0000|d[89a-f])/i.test(json) ? find(value, '') : undefined
}

function find(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') return /\0|\p{Surrogate}/u.test(value) ? path : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, part] of Object.entries(value)) {
    if (/\0|\p{Surrogate}/u.test(name)) return `a name in ${path === '' ? 'the body' : path}`
    const inside = Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`
    const found = find(part, inside)
    if (found !== undefined) return found
  }
  return undefined
}
