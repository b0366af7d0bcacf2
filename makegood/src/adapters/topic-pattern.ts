/** Tells whether an address matches one of the bindings: words between dots, `*` for one, `#` for any number of them. */
export function topicPattern(bindings: Iterable<string>): (address: string) => boolean {
  // Of an address with a dot before each word, so that no word is a special case.
  const alternatives = [...bindings].map(binding => binding.split('.').map(patternOfWord).join(''))
  if (alternatives.length === 0) return () => false
  const pattern = new RegExp(`^(?:${alternatives.join('|')})$`)
  return address => pattern.test(`.${address}`)
}

function patternOfWord(word: string): string {
  if (word === '#') return '(?:\\.[^.]*)*'
  if (word === '*') return '\\.[^.]*'
  return `\\.${word.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')}`
}
