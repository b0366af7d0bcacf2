/**
 * Text of somebody else's, so that nothing in it works unseen: control characters, marks that turn the direction of
 * what follows, and characters without width are written as their code points. New lines, tabs, and what joins letters
 * or keeps them apart stay: writing needs them.
 */
export function visibleText(text: string): string {
  return text.replace(unseen, character => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Cs}](?<![\n\t\u200c\u200d])/gu
