import { freePortOffset } from '../free-ports.ts'
import { serviceNamed } from '../running-system.ts'
import { portsOf, type System } from '../system.ts'
import type { RunningServices } from './http-shop.ts'
import { type Started, started, type Variables } from './started.ts'

/** Processes that run services of a system on servers, on free ports; each can be ended and started alone. */
export class ServiceProcesses implements RunningServices {
  readonly #system: System
  readonly #offset: number
  readonly #variablesOf: (name: string) => Variables
  readonly #running = new Map<string, Started>()

  private constructor(system: System, offset: number, variablesOf: (name: string) => Variables) {
    this.#system = system
    this.#offset = offset
    this.#variablesOf = variablesOf
  }

  /** None of them yet. `variablesOf` is asked, by the service's name or the system's, whenever a process starts. */
  static async of(system: System, variablesOf: (name: string) => Variables): Promise<ServiceProcesses> {
    return new ServiceProcesses(system, await freePortOffset(portsOf(system)), variablesOf)
  }

  urlOf(service: string): string {
    return `http://localhost:${serviceNamed(this.#system, service).port + this.#offset}`
  }

  /** Starts a service that does not run, in a process of its own. Resolves when it says that it is ready. */
  async start(service: string): Promise<void> {
    await this.#run(service, ['--service', service])
  }

  /** Starts each in a process of its own. If one cannot start, none stays. */
  async startEach(services: readonly string[]): Promise<void> {
    const starting = await Promise.allSettled(services.map(service => this.start(service)))
    const failed = starting.find(each => each.status === 'rejected')
    if (failed === undefined) return
    await this.stop()
    throw failed.reason
  }

  /** Starts all of them in one process. */
  async startTogether(): Promise<void> {
    await this.#run(this.#system.name, [])
  }

  /** By SIGKILL it ends without a word; asked to stop, it has to do so with 0. */
  async end(service: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const process = this.#running.get(service)
    this.#running.delete(service)
    await process?.stop(signal)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map(service => this.end(service)))
  }

  async #run(name: string, chosen: readonly string[]): Promise<void> {
    const args = [this.#system.name, '--servers', ...chosen, '--port-offset', String(this.#offset)]
    const process = started(args, { HOST: '127.0.0.1', ...this.#variablesOf(name) })
    await process.says('is ready')
    this.#running.set(name, process)
  }
}
