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

/** What whoever starts it adds to a compose file. */
export interface Additions {
  /** Variables of the shell. */
  readonly shell?: Variables
  /** How many containers a service has. @defaultValue 1 */
  readonly scale?: { readonly [service: string]: number }
  /** Variables of a service, as a further file sets them: empty ones are as if they were not there. */
  readonly environment?: { readonly [service: string]: Variables }
}

/**
 * What is in a compose file, without an engine: each container is a process with the command and environment that the
 * file gives it, in a network where the names and ports of the file are as they are for containers.
 */
export class Composition {
  readonly #name: string
  readonly #folder: string
  #file: ComposeFile
  readonly #keeper: Keeper
  readonly #network: Network
  readonly #containers: Containers
  readonly #started = new Map<string, Promise<void>>()

  private constructor(
    name: string,
    folder: string,
    file: ComposeFile,
    keeper: Keeper,
    network: Network,
    containers: Containers,
  ) {
    this.#name = name
    this.#folder = folder
    this.#file = file
    this.#keeper = keeper
    this.#network = network
    this.#containers = containers
  }

  /** Why this machine cannot run what is in the file; undefined if it can. */
  static obstacle(name: string): string | undefined {
    const images = Object.values(readComposeFile(name).services).map(imageOf)
    return [Network.obstacle(), ...images.map(image => image?.obstacle())].find(each => each !== undefined)
  }

  /** Nothing of it runs yet. */
  static async of(name: string, additions: Additions = {}): Promise<Composition> {
    const file = fileOf(name, additions)
    const folder = await mkdtemp(join(tmpdir(), 'makegood-containers-'))
    // Servers that run as somebody else have theirs in it.
    await chmod(folder, 0o711)
    const keeper = keeperOf(folder)
    const places = Object.keys(file.services).flatMap(service =>
      Array.from({ length: additions.scale?.[service] ?? 1 }, (_, at) => ({
        name: containerOf(service, at + 1),
        service,
      })),
    )
    const network = await Network.of(places, folder, keeper)
    const containers = new Map<string, Container[]>(Object.keys(file.services).map(service => [service, []]))
    for (const { name, service } of places) {
      await mkdir(join(folder, name))
      containers.get(service)!.push(new Container(name, join(folder, name), network, keeper))
    }
    for (const [service, { ports }] of Object.entries(file.services))
      for (const { published, target } of ports) await network.publish(published, containerOf(service, 1), target)
    return new Composition(name, folder, file, keeper, network, containers)
  }

  /** The address of this machine at which everything has its documented port. */
  get machine(): string {
    return this.#network.machine
  }

  /** Shows this machine a port that the file does not, under the same number. */
  publish(port: number, service: string): Promise<void> {
    return this.#network.publish(port, containerOf(service, 1), port)
  }

  /** Starts these, or all, after what they depend on. Those that run stay as they are. Resolves when all are healthy. */
  async up(services: readonly string[] = Object.keys(this.#file.services)): Promise<void> {
    await Promise.all(services.map(service => this.#start(service)))
  }

  /** By SIGTERM: it has to end with 0. */
  async stop(service: string): Promise<void> {
    this.#started.delete(service)
    await Promise.all(this.#containers.get(service)!.map(container => container.stop()))
  }

  /** One of a service's containers, which are counted from 1. */
  async end(service: string, number: number): Promise<void> {
    await this.#containers.get(service)![number - 1]!.stop()
  }

  /** As `up` with other additions: containers that these change are started anew. */
  async turn(additions: Additions): Promise<void> {
    const before = this.#file
    this.#file = fileOf(this.#name, additions)
    const changed = [...this.#started.keys()].filter(
      service => !areEqual(before.services[service], this.#file.services[service]),
    )
    await Promise.all(changed.map(service => this.stop(service)))
    await this.up(changed)
  }

  /** Stops the services, each of which has to end with 0, and then everything else. */
  async down(): Promise<void> {
    const ours = [...this.#started.keys()].filter(service => imageOf(this.#file.services[service]!) === systems)
    try {
      await Promise.all(ours.map(service => this.stop(service)))
    } finally {
      await this.#network.close()
      await this.#keeper.release()
    }
  }

  #start(service: string): Promise<void> {
    const known = this.#started.get(service)
    if (known !== undefined) return known
    const starting = this.#run(service)
    this.#started.set(service, starting)
    return starting
  }

  async #run(service: string): Promise<void> {
    const written = this.#file.services[service]!
    const image = imageOf(written)
    if (image === undefined) return
    await this.up(written.dependsOn.map(({ name }) => name))
    const { machine } = this
    const common = this.#folder
    const starting = this.#containers
      .get(service)!
      .map(container => container.start(image.program(written, { folder: container.folder, common, machine }), written))
    await Promise.all(starting)
  }
}

function containerOf(service: string, number: number): string {
  return `${service}-${number}`
}

type Containers = ReadonlyMap<string, readonly Container[]>

function fileOf(name: string, { shell, environment = {} }: Additions): ComposeFile {
  const file = readComposeFile(name, shell)
  const added = Object.entries(environment).map(([service, variables]) => {
    const written = file.services[service]!
    return [service, { ...written, environment: { ...written.environment, ...variables } }] as const
  })
  return { ...file, services: { ...file.services, ...Object.fromEntries(added) } }
}

/** Undefined for one that nothing here can stand for: Kong. */
function imageOf({ image, build }: ComposeService): Image | undefined {
  return build === undefined ? others[image.split(':')[0]!] : systems
}

const others: { readonly [name: string]: Image } = { haproxy, postgres, rabbitmq, mysql, 'apache/kafka': kafka }

function areEqual(one: ComposeService | undefined, other: ComposeService | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
