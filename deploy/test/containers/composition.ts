import { chmod, mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Keeper, keeperOf } from '../../../scripts/servers/keeper.ts'
import type { Variables } from '../../../systems/runner/test/started.ts'
import { type ComposeFile, type ComposeService, readComposeFile } from '../compose-file.ts'
import { Container } from './container.ts'
import { haproxy } from './images/haproxy.ts'
import type { Image } from './images/image.ts'
import { kafka } from './images/kafka.ts'
import { mysql } from './images/mysql.ts'
import { postgres } from './images/postgres.ts'
import { rabbitmq } from './images/rabbitmq.ts'
import { systems } from './images/systems.ts'
import { Network } from './network.ts'

/**
 * What is in a compose file, without an engine: each container is a process with the command and environment that the
 * file gives it, in a network where the names and ports of the file are as they are for containers.
 */
export class Composition {
  readonly #name: string
  #file: ComposeFile
  readonly #folder: string
  readonly #keeper: Keeper
  readonly #network: Network
  readonly #containers = new Map<string, Container>()
  readonly #started = new Map<string, Promise<void>>()

  private constructor(name: string, file: ComposeFile, folder: string, keeper: Keeper, network: Network) {
    this.#name = name
    this.#file = file
    this.#folder = folder
    this.#keeper = keeper
    this.#network = network
  }

  /** Why this machine cannot run what is in the file; undefined if it can. */
  static obstacle(name: string): string | undefined {
    const images = Object.values(readComposeFile(name).services).map(imageOf)
    return [Network.obstacle(), ...images.map(image => image?.obstacle())].find(each => each !== undefined)
  }

  /** The file as it is with these variables in the shell. Nothing runs yet. */
  static async of(name: string, shell: Variables = {}): Promise<Composition> {
    const file = readComposeFile(name, shell)
    const folder = await mkdtemp(join(tmpdir(), 'makegood-containers-'))
    // Servers that run as somebody else have theirs in it.
    await chmod(folder, 0o711)
    const keeper = keeperOf(folder)
    const network = await Network.of(Object.keys(file.services), folder, keeper)
    const composition = new Composition(name, file, folder, keeper, network)
    for (const [service, { ports }] of Object.entries(file.services)) {
      await mkdir(join(folder, service))
      for (const { published, target } of ports) await network.publish(published, service, target)
    }
    return composition
  }

  /** The address of this machine at which everything has its documented port. */
  get machine(): string {
    return this.#network.machine
  }

  /** Shows this machine a port that the file does not, under the same number. */
  publish(port: number, service: string): Promise<void> {
    return this.#network.publish(port, service, port)
  }

  /** Starts these, or all, after what they depend on. Those that run stay as they are. Resolves when all are healthy. */
  async up(services: readonly string[] = Object.keys(this.#file.services)): Promise<void> {
    await Promise.all(services.map(service => this.#start(service)))
  }

  /** By SIGTERM: it has to end with 0. */
  async stop(service: string): Promise<void> {
    this.#started.delete(service)
    await this.#containers.get(service)?.stop()
  }

  /** As `up` with other variables in the shell: containers that these change are started anew. */
  async turn(shell: Variables): Promise<void> {
    const before = this.#file
    this.#file = readComposeFile(this.#name, shell)
    const changed = [...this.#started.keys()].filter(
      name => !areEqual(before.services[name], this.#file.services[name]),
    )
    await Promise.all(changed.map(name => this.stop(name)))
    await this.up(changed)
  }

  /** Stops the services, each of which has to end with 0, and then everything else. */
  async down(): Promise<void> {
    const ours = [...this.#containers.keys()].filter(name => imageOf(this.#file.services[name]!) === systems)
    try {
      await Promise.all(ours.map(name => this.stop(name)))
    } finally {
      await this.#network.close()
      await this.#keeper.release()
    }
  }

  #start(name: string): Promise<void> {
    const known = this.#started.get(name)
    if (known !== undefined) return known
    const starting = this.#run(name)
    this.#started.set(name, starting)
    return starting
  }

  async #run(name: string): Promise<void> {
    const service = this.#file.services[name]!
    const image = imageOf(service)
    if (image === undefined) return
    await this.up(service.dependsOn.map(({ name }) => name))
    const container = this.#containers.get(name) ?? new Container(name, this.#network, this.#keeper)
    this.#containers.set(name, container)
    const surroundings = { folder: join(this.#folder, name), machine: this.machine }
    await container.start(image.program(service, surroundings), service)
  }
}

/** Undefined for one that nothing here can stand for: Kong. */
function imageOf({ image, build }: ComposeService): Image | undefined {
  return build === undefined ? others[image.split(':')[0]!] : systems
}

const others: { readonly [name: string]: Image } = { haproxy, postgres, rabbitmq, mysql, 'apache/kafka': kafka }

function areEqual(one: ComposeService | undefined, other: ComposeService | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
