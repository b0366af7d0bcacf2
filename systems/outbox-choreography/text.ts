/** How long every text of the shop may be, in characters. */
const charactersMax = 20

/** What stands against a text, in the sentences of the documented API; undefined if nothing does. */
export function faultOf(text: string): string | undefined {
  if (text.trim() === '') return 'This field may not be blank.'
  if ([...text].length > charactersMax) return `Ensure this field has no more than ${charactersMax} characters.`
  if (text.includes('\0')) return 'Null characters are not allowed.'
  // With the flag `u` only halves of a pair match.
  if (/\p{Surrogate}/u.test(text)) return 'Surrogate characters are not allowed.'
  return undefined
}
