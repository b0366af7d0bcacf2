/** Reads an amount as whole cents; undefined if it is no decimal number, or has more than two decimals. */
export function toCents(amount: string): bigint | undefined {
  const [, units, decimals = ''] = /^(\d+)(?:\.(\d{1,2}))?$/.exec(amount) ?? []
  return units === undefined ? undefined : BigInt(units + decimals.padEnd(2, '0'))
}
