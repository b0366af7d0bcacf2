import { stripVTControlCharacters } from 'node:util'
import pico from 'picocolors'

/**
 * What may be shown on a terminal. What services and the participants of a saga say is a stranger's text, and a terminal
 * does what it is told by escape sequences: a `Text` has none but the colours and line ends that are put in here.
 */
export class Text {
  readonly shown: string

  constructor(shown: string) {
    this.shown = shown
  }
}

/** A string is a stranger's. */
export type Shown = Text | string | number

/** The words of the template are ours; what stands in it is made harmless. */
export function text(words: TemplateStringsArray, ...values: readonly Shown[]): Text {
  return new Text(String.raw({ raw: words }, ...values.map(harmless)))
}

/** One under the other; what is empty takes no line. */
export function lines(...all: readonly Text[]): Text {
  return joined(
    all.filter(({ shown }) => shown !== ''),
    '\n',
  )
}

export function joined(all: readonly Shown[], between: string): Text {
  return new Text(all.map(harmless).join(between))
}

export const nothing: Text = text``

const colors = pico.createColors(true)

export const bold: Style = styled(colors.bold)
export const dim: Style = styled(colors.dim)
export const red: Style = styled(colors.red)
export const green: Style = styled(colors.green)
export const yellow: Style = styled(colors.yellow)
export const cyan: Style = styled(colors.cyan)

export type Style = (shown: Shown) => Text

function styled(color: (shown: string) => string): Style {
  return shown => {
    const plain = harmless(shown)
    return plain === '' ? nothing : new Text(color(plain))
  }
}

/** As it goes to a terminal, or to a file that wants no colours. */
export function written({ shown }: Text, withColors: boolean): string {
  return withColors ? shown : stripVTControlCharacters(shown)
}

/** A stranger's text of several lines, each behind a margin; cut where nobody would read on. */
export function block(strange: string, margin: string): Text {
  const rest = strange.length - blockCharactersMax
  const cut = rest > 0 ? [text`… ${rest} more characters: --json has them`] : []
  const shown = strange.slice(0, blockCharactersMax).split(/\r?\n/)
  return lines(...[...shown.map(line => text`${line}`), ...cut].map(line => new Text(`${margin}${line.shown}`)))
}

const blockCharactersMax = 20_000

export function jsonBlock(value: unknown, margin: string): Text {
  return block(JSON.stringify(value, null, 2) ?? 'null', margin)
}

/** For scripts: characters that a terminal would act on are written as JSON's own escapes, which mean the same. */
export function jsonDocument(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`.replace(hidden, found => (found === '\n' ? found : escaped(found)))
}

function escaped(found: string): string {
  return [...Array(found.length).keys()].map(at => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')
}

/** In one word of a shell, whatever is in it. */
export function shellWord(word: string): string {
  return /^[\w.,:/@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function harmless(shown: Shown): string {
  if (shown instanceof Text) return shown.shown
  return String(shown).replace(hidden, found => (/[\t\n\r]/.test(found) ? ' ' : pictureOf(found.codePointAt(0)!)))
}

/** Controls, halves of characters, and what turns the direction of writing or takes no room; not the joiners of emoji. */
const hidden = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu

/** Unicode has pictures of the oldest controls. */
function pictureOf(code: number): string {
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  return code === 0x7f ? '␡' : `\\u{${code.toString(16)}}`
}
