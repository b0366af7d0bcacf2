import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PlaygroundView } from 'makegood-console'
import { openConsole } from '../console.ts'
import { embeddedGround } from '../embedded-ground.ts'
import { onFreePorts } from '../on-free-ports.ts'
import { type RunningSystem, runSystem } from '../running-system.ts'
import type { StartableSystem } from '../system.ts'

/** A system in this process with its console, as `npm start` runs it, on free ports and with data of its own. */
export class PlayedSystem {
  readonly running: RunningSystem
  /** Of the console. */
  readonly url: string
  readonly #folder: string

  private constructor(running: RunningSystem, url: string, folder: string) {
    this.running = running
    this.url = url
    this.#folder = folder
  }

  static async of(system: StartableSystem, { services, pages }: PlayedOptions = {}): Promise<PlayedSystem> {
    const folder = await mkdtemp(join(tmpdir(), `${system.name}-`))
    const ground = embeddedGround(folder, { fresh: false })
    const options = { ...(await onFreePorts(system)), ground, ...(services === undefined ? {} : { services }) }
    const running = await runSystem(system, options)
    const url = await openConsole(system, running, { ...ground, ...(pages === undefined ? {} : { pages }) })
    if (url === undefined) throw new Error('The console is not installed.')
    return new PlayedSystem(running, url, folder)
  }

  /** What there is to see, or is after something was done. */
  async play(path = '', body?: object): Promise<PlaygroundView> {
    const response = await this.ask(path, body)
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`)
    return (await response.json()) as PlaygroundView
  }

  /** As a page of the console asks. */
  ask(path: string, body?: object, headers: { readonly [name: string]: string } = own): Promise<Response> {
    const json = { 'content-type': 'application/json' }
    const posted = body === undefined ? { headers } : { method: 'POST', body: JSON.stringify(body) }
    return fetch(`${this.url}api/playground${path}`, { ...posted, headers: { ...(body && json), ...headers } })
  }

  async stop(): Promise<void> {
    await this.running.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

interface PlayedOptions {
  /** All of them by default. */
  readonly services?: readonly string[]
  /** Where the pages of the console are, for whoever looks at them. */
  readonly pages?: string
}

const own = { 'x-makegood-console': '1' }
