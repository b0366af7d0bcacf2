/**
 * Reads a JSON number as whole cents; undefined if it has more than two decimals, or is no amount at all.
 *
 * A number with two decimals is the double nearest to cents / 100, and so is the quotient: they are equal exactly then.
 */
export function toCents(amount: number): number | undefined {
  const cents = Math.round(amount * 100)
  return Number.isSafeInteger(cents) && cents / 100 === amount ? cents : undefined
}
