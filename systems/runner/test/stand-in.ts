import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Started, startedNode, type Variables } from './started.ts'

/** A plain script in the place of a service: it knows the page of the system, and neither makegood nor its code. */
export class StandIn {
  readonly #script: string
  readonly #folder: string
  readonly #variables: Variables
  #running: Started | undefined

  private constructor(script: URL, folder: string, variables: Variables) {
    this.#script = fileURLToPath(script)
    this.#folder = folder
    this.#variables = variables
  }

  /** Not started yet. Its books are a file that stays until it is removed. */
  static async of(script: URL, variables: Variables): Promise<StandIn> {
    return new StandIn(script, await mkdtemp(join(tmpdir(), 'stand-in-')), variables)
  }

  /** Resolves when it listens. */
  async start(variables: Variables = {}): Promise<void> {
    this.#running = startedNode([this.#script], { BOOKS: this.#books, ...this.#variables, ...variables })
    await this.#running.says('listens')
  }

  /** Ends without a word. */
  async end(): Promise<void> {
    await this.#running?.stop('SIGKILL')
  }

  async books<Books>(): Promise<Books> {
    return JSON.parse(await readFile(this.#books, 'utf8')) as Books
  }

  async remove(): Promise<void> {
    await this.end()
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #books(): string {
    return join(this.#folder, 'books.json')
  }
}
