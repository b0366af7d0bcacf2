/** The variables that a system is told its surroundings by. Empty ones are as if they were not there. */
export class Environment {
  readonly #variables: { readonly [name: string]: string | undefined }

  constructor(variables: { readonly [name: string]: string | undefined }) {
    this.#variables = variables
  }

  text(name: string, otherwise: string): string {
    return this.#variables[name] || otherwise
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

  /** A number from 0 to `max`; as the documentation has it, text that is none counts as the default. */
  rate(name: string, otherwise: number, max = 1): number {
    const value = Number(this.text(name, String(otherwise)))
    return value >= 0 && value <= max ? value : otherwise
  }
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
