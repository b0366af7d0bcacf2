import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PgClient, Service } from 'makegood'
import { type EmbeddedTransport, embedded } from 'makegood/embedded'
import { embeddedGround } from '../embedded-ground.ts'
import { onFreePorts } from '../on-free-ports.ts'
import { type RunningSystem, type RunOptions, runSystem, serviceNamed } from '../running-system.ts'
import type { System } from '../system.ts'
import type { RunningServices } from './http-shop.ts'

/** Services of a system in this process, on free ports, with data of their own; each can be ended and started alone. */
export class EmbeddedServices implements RunningServices {
  readonly transport: EmbeddedTransport = embedded()
  readonly #system: System
  readonly #folder: string
  readonly #options: Omit<RunOptions, 'ground'>
  readonly #running = new Map<string, RunningSystem>()

  private constructor(system: System, folder: string, options: Omit<RunOptions, 'ground'>) {
    this.#system = system
    this.#folder = folder
    this.#options = options
  }

  /** None of them yet. */
  static async of(system: System): Promise<EmbeddedServices> {
    return new EmbeddedServices(system, await mkdtemp(join(tmpdir(), `${system.name}-`)), await onFreePorts(system))
  }

  urlOf(service: string): string {
    return `http://localhost:${this.#options.portOf(serviceNamed(this.#system, service))}`
  }

  /** What takes messages in a service that runs, by the name that it has there: that of the service if none is given. */
  service(service: string, name: string = service): Service<string, PgClient> {
    return this.#running.get(service)!.service(name)
  }

  async start(service: string): Promise<void> {
    const ground = { ...embeddedGround(this.#folder, { fresh: false }), transport: this.transport }
    this.#running.set(service, await runSystem(this.#system, { ...this.#options, ground, services: [service] }))
  }

  async startEach(services: readonly string[]): Promise<void> {
    await Promise.all(services.map(service => this.start(service)))
  }

  async end(service: string): Promise<void> {
    await this.#running.get(service)?.stop()
    this.#running.delete(service)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map(service => this.end(service)))
    await rm(this.#folder, { recursive: true, force: true })
  }
}
