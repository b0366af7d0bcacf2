/** Columns with a date can be narrowed to the last days. */
export const lastDays: readonly { readonly value: string; readonly title: string }[] = [
  { value: '1', title: 'last 24 hours' },
  { value: '7', title: 'last 7 days' },
  { value: '30', title: 'last 30 days' },
]

export function isTime(type: string): boolean {
  return type === 'date' || type.startsWith('timestamp')
}
