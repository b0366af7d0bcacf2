import { freePortOffset } from '../../free-ports.ts'
import { serviceNamed } from '../../running-system.ts'
import type { Variables } from '../started.ts'
import { ServiceLog } from './service-log.ts'
import { ServiceProcess } from './service-process.ts'
import type { Subject, Surroundings } from './subject.ts'

/** The processes of a system: killed, frozen, replaced and doubled while it is open. */
export class Fleet {
  readonly log = new ServiceLog()
  /** What ended without having been asked to. */
  readonly crashes: string[] = []
  onCrash: (report: string) => void = () => {}
  readonly #subject: Subject
  readonly #servers: Servers
  readonly #members: Member[] = []

  private constructor(subject: Subject, servers: Servers) {
    this.#subject = subject
    this.#servers = servers
  }

  /** Resolves when all of them are ready. */
  static async start(subject: Subject, servers: Servers): Promise<Fleet> {
    const fleet = new Fleet(subject, servers)
    for (let number = 0; number < subject.processes; number += 1) {
      const ports = subject.services.map(service => fleet.#portOf(service))
      const offset = await freePortOffset(ports)
      for (const service of subject.services) fleet.#add(service, offset)
    }
    await Promise.all(fleet.members.map(({ process }) => process.ready)).catch(async error => {
      await fleet.stop()
      throw new Error(`${error.message}\n${fleet.crashes.join('\n')}`)
    })
    return fleet
  }

  get services(): readonly string[] {
    return this.#subject.services
  }

  /** Every process there is, in the order in which their places were made. */
  get members(): readonly Member[] {
    return this.#members
  }

  /** Those that are up. */
  get ready(): readonly Member[] {
    return this.#members.filter(({ process }) => process.isReady)
  }

  of(service: string): readonly Member[] {
    return this.#members.filter(member => member.service === service)
  }

  /** Ends a process without a word and starts another at once in its place, whatever is there for it to find. */
  async kill(member: Member): Promise<void> {
    await member.process.end('SIGKILL')
    member.process = this.#spawn(member)
  }

  /** One more process that shares the service's queue and database. Resolves when it takes messages. */
  async scaleUp(service: string): Promise<void> {
    await this.#add(service, await freePortOffset([this.#portOf(service)])).process.ready
  }

  /** Ends the process of the service that was added last. */
  async scaleDown(service: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<string> {
    const member = this.of(service).at(-1)!
    this.#members.splice(this.#members.indexOf(member), 1)
    return member.process.end(signal)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map(({ process }) => process.end('SIGTERM')))
  }

  #portOf(service: string): number {
    return serviceNamed(this.#subject.system, service).port
  }

  #add(service: string, offset: number): Member {
    const place = { service, offset, url: `http://127.0.0.1:${this.#portOf(service) + offset}` }
    const member: Member = Object.assign(place, { process: this.#spawn(place) })
    this.#members.push(member)
    return member
  }

  #spawn(place: Place): ServiceProcess {
    const { system } = this.#subject
    return new ServiceProcess({
      system: system.name,
      service: place.service,
      portOffset: place.offset,
      variables: { HOST: '127.0.0.1', ...this.#variables(place) },
      onLine: line => this.log.hear(line),
      onCrash: report => this.#crashed(place, report),
    })
  }

  /** Of other services it knows those that were started with it. */
  #variables({ service, offset }: Place): Variables {
    const found = serviceNamed(this.#subject.system, service)
    return this.#subject.variablesOf({
      databaseUrl: this.#servers.databaseUrlOf('database' in found ? found.database : ''),
      brokerUrl: this.#servers.brokerUrl,
      urlOf: service => this.of(service)[0]?.url ?? `http://127.0.0.1:${this.#portOf(service) + offset}`,
    })
  }

  /** As whoever runs containers does: what has ended is started again. It is told all the same. */
  #crashed(place: Place, report: string): void {
    this.crashes.push(report)
    this.onCrash(report)
    const member = this.#members.find(({ url }) => url === place.url)
    if (member !== undefined) member.process = this.#spawn(place)
  }
}

interface Servers extends Pick<Surroundings, 'brokerUrl'> {
  readonly databaseUrlOf: (database: string) => string
}

interface Place {
  readonly service: string
  readonly offset: number
  readonly url: string
}

/** A place in which a process of a service runs, and after it the next. */
export interface Member extends Place {
  process: ServiceProcess
}
