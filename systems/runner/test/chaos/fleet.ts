import { freePortOffset } from '../../../runner/free-ports.ts'
import { serverVariables } from '../../../runner/test/variables.ts'
import { ecommerce } from '../../system.ts'
import { services } from '../../wire.ts'
import { settingsOfTests } from '../embedded-shop.ts'
import { ServiceLog } from './service-log.ts'
import { ServiceProcess } from './service-process.ts'

/** The shop's processes: killed, replaced and doubled while it is open. */
export class Fleet {
  readonly log = new ServiceLog()
  /** What ended without having been asked to. */
  readonly crashes: string[] = []
  onCrash: (report: string) => void = () => {}
  readonly #variables: { readonly [name: string]: string }
  readonly #first = new Map<string, ServiceProcess>()
  readonly #replicas = new Map<string, Replica[]>()
  readonly #offset: number

  private constructor(variables: { readonly [name: string]: string }, offset: number) {
    this.#variables = variables
    this.#offset = offset
  }

  /** Starts a process for each service; resolves when all of them are ready. */
  static async start({ postgresUrl, amqpUrl, variables }: FleetOptions): Promise<Fleet> {
    const offset = await freePortOffset(ports)
    const orchestrator = `http://127.0.0.1:${documentedPorts[services.orchestrator]! + offset}`
    const fleet = new Fleet(
      {
        ...serverVariables(postgresUrl, amqpUrl),
        HOST: '127.0.0.1',
        ORCHESTRATOR_URL: orchestrator,
        HTTP_REQUESTS_PER_MINUTE_MAX: '100000000',
        ...variables,
      },
      offset,
    )
    for (const service of Object.keys(documentedPorts)) fleet.#first.set(service, fleet.#spawn(service, offset))
    await Promise.all([...fleet.#first.values()].map(({ ready }) => ready)).catch(async error => {
      await fleet.stop()
      throw new Error(`${error.message}\n${fleet.crashes.join('\n')}`)
    })
    return fleet
  }

  get services(): readonly string[] {
    return [...this.#first.keys()]
  }

  urlOf(service: string): string {
    return `http://127.0.0.1:${documentedPorts[service]! + this.#offset}`
  }

  process(service: string): ServiceProcess {
    return this.#first.get(service)!
  }

  /** Ends a service's process without a word and starts another at once, whatever is there for it to find. */
  async kill(service: string): Promise<void> {
    await this.process(service).end('SIGKILL')
    this.#first.set(service, this.#spawn(service, this.#offset))
  }

  /** One more process that shares the service's queue and database. Resolves when it takes messages. */
  async scaleUp(service: string): Promise<void> {
    const offset = await freePortOffset([documentedPorts[service]!])
    const url = `http://127.0.0.1:${documentedPorts[service]! + offset}`
    const replica = { process: this.#spawn(service, offset), url }
    this.#replicas.set(service, [...this.replicas(service), replica])
    await replica.process.ready
  }

  /** Ends the replica that was started last. */
  async scaleDown(service: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<string> {
    const replicas = this.replicas(service)
    this.#replicas.set(service, replicas.slice(0, -1))
    return replicas.at(-1)!.process.end(signal)
  }

  replicas(service: string): readonly Replica[] {
    return this.#replicas.get(service) ?? []
  }

  async stop(): Promise<void> {
    const all = [...this.#first.values(), ...[...this.#replicas.values()].flat().map(({ process }) => process)]
    await Promise.all(all.map(process => process.end('SIGTERM')))
  }

  /** As whoever runs containers does: what has ended is started again. It is told all the same. */
  #crashed(service: string, portOffset: number, report: string): void {
    this.crashes.push(report)
    this.onCrash(report)
    if (portOffset === this.#offset) this.#first.set(service, this.#spawn(service, portOffset))
  }

  #spawn(service: string, portOffset: number): ServiceProcess {
    return new ServiceProcess({
      service,
      portOffset,
      variables: this.#variables,
      onLine: line => this.log.hear(line),
      onCrash: report => this.#crashed(service, portOffset, report),
    })
  }
}

export interface FleetOptions {
  readonly postgresUrl: string
  readonly amqpUrl: string
  /** The failure rates and delays of the providers. */
  readonly variables: { readonly [name: string]: string }
}

export interface Replica {
  readonly process: ServiceProcess
  readonly url: string
}

const documentedPorts: { readonly [service: string]: number } = Object.fromEntries(
  ecommerce(settingsOfTests()).services.map(({ name, port }) => [name, port]),
)
const ports = Object.values(documentedPorts)
