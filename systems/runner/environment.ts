import { readFileSync } from 'node:fs'
import { textOf } from 'makegood'

/**
 * The variables that a system is told its surroundings by. Empty ones are as if they were not there. Each may be in a file
 * instead, which `<NAME>_FILE` names: what secrets are mounted as.
 */
export class Environment {
  readonly #variables: { readonly [name: string]: string | undefined }

  constructor(variables: { readonly [name: string]: string | undefined }) {
    this.#variables = variables
  }

  /** @throws Trouble, naming the variable, if its file cannot be read or is empty, or if it is there twice. */
  text(name: string, otherwise: string): string {
    const text = this.#variables[name] || undefined
    const inFile = `${name}_FILE`
    const file = this.#variables[inFile] || undefined
    if (file === undefined) return text ?? otherwise
    if (text !== undefined) throw new Trouble(`${name} and ${inFile} are set: one of them is enough.`)
    return contentOf(file, inFile)
  }

  /** @throws Trouble, naming the variable. */
  port(name: string, otherwise: number): number {
    return this.wholeNumber(name, otherwise, 1, 65_535)
  }

  /** @throws Trouble, naming the variable. */
  wholeNumber(name: string, otherwise: number, min: number, max: number): number {
    const text = this.text(name, String(otherwise))
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new Trouble(`${name} is ${JSON.stringify(text)}: it must be a whole number from ${min} to ${max}.`)
  }

  /**
   * Undefined if it is not set. What is beyond user, host and path, such as TLS, would be passed over in silence, and is
   * refused.
   * @throws Trouble, naming the variable and not its text: that has a password in it.
   */
  url(name: string, protocol: RegExp, wanted: string): URL | undefined {
    const text = this.text(name, '')
    if (text === '') return undefined
    const url = URL.canParse(text) && isDecodable(text) ? new URL(text) : undefined
    if (url !== undefined && protocol.test(url.protocol) && url.hostname !== '' && url.search === '') return url
    throw new Trouble(`${name} cannot be used: ${wanted} is expected.`)
  }

  /**
   * Several, with commas between them.
   * @throws Trouble, naming the variable, if one of them is empty.
   */
  list(name: string, otherwise: string): readonly string[] {
    const parts = this.text(name, otherwise)
      .split(',')
      .map(part => part.trim())
    if (!parts.includes('')) return parts
    throw new Trouble(`${name} cannot be used: there is nothing between two commas, or beside one.`)
  }

  /** A number from 0 to `max`; as the documentation has it, text that is none counts as the default. */
  rate(name: string, otherwise: number, max = 1): number {
    const value = Number(this.text(name, String(otherwise)))
    return value >= 0 && value <= max ? value : otherwise
  }
}

/** Without the end of its last line, which editors put there. */
function contentOf(file: string, variable: string): string {
  let content: string
  try {
    content = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '')
  } catch (error) {
    throw new Trouble(`${variable} cannot be used: ${textOf(error)}.`, { cause: error })
  }
  if (content === '') throw new Trouble(`${variable} cannot be used: ${file} is empty.`)
  return content
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== ''
  } catch {
    return false
  }
}

/** What a person can mend: shown as one sentence, without a stack. */
export class Trouble extends Error {}
