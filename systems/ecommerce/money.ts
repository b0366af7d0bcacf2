/** The largest amount that the tables hold: decimal(10,2). */
export const centsMax = 9_999_999_999

/** Whole cents as the number that is shown outside. */
export function fromCents(cents: number): number {
  return cents / 100
}
