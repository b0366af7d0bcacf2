import type { BoundedCount } from 'makegood/operations/contract'

/** Counting stops somewhere: `10000+`. */
export function countOf({ count, more }: BoundedCount): string {
  return more ? `${count}+` : String(count)
}
