/** A line of a value, by the names that lead to it. */
export interface Difference {
  /** `items.0.price` */
  readonly path: string
  readonly is: 'the same' | 'new' | 'changed' | 'gone'
  /** As JSON; null where it is not there. */
  readonly before: string | null
  readonly after: string | null
}

/** Field by field what one value has that another has not, and what has another value. In the order of the second. */
export function differences(before: unknown, after: unknown): readonly Difference[] {
  const [old, young] = [fieldsOf(before), fieldsOf(after)]
  const there = [...young].map(([path, value]): Difference => {
    const was = old.get(path)
    if (was === undefined) return { path, is: 'new', before: null, after: value }
    return { path, is: was === value ? 'the same' : 'changed', before: was, after: value }
  })
  const gone = [...old].filter(([path]) => !young.has(path))
  return [...there, ...gone.map(([path, value]): Difference => ({ path, is: 'gone', before: value, after: null }))]
}

/** How deep and how many: what is larger is one field. */
const depthMax = 12
const fieldsMax = 2_000

function fieldsOf(value: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  const walk = (each: unknown, path: readonly string[]) => {
    if (fields.size >= fieldsMax) return
    const entries = typeof each === 'object' && each !== null ? Object.entries(each) : []
    if (entries.length === 0 || path.length >= depthMax) fields.set(path.join('.'), JSON.stringify(each) ?? 'undefined')
    else for (const [name, inner] of entries) walk(inner, [...path, name])
  }
  walk(unwrapped(value), [])
  return fields
}

/** Replies often hold one thing under its name: it is that which is compared with what another step says of it. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const [only, ...others] = Object.values(value)
  return others.length === 0 && typeof only === 'object' && only !== null ? unwrapped(only) : value
}
