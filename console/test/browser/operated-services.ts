import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import { cloudEventsWire, type Hosted, type PgClient, type Service, service } from 'makegood'
import { embedded } from 'makegood/embedded'
import { makegoodFastify } from 'makegood/fastify'
import { operationsRoutes, tokenAccess } from 'makegood/operations'
import type { Role } from 'makegood/operations/contract'
import { pglite } from 'makegood/pglite'
import { consoleServer } from '../../server/index.ts'
import { builtPages } from './browser.ts'

/** What each service of a process hosts, by its name. */
export interface Hosts {
  readonly [service: string]: readonly Hosted<PgClient>[]
}

type Running = Service<string, PgClient>

/** Services, each process of them at an address of its own, and a console beside them for who has a token. */
export class OperatedServices {
  readonly tokens: { readonly [R in Role]: string } = {
    reader: `reader-${'r'.repeat(32)}`,
    operator: `operator-${'o'.repeat(32)}`,
    admin: `admin-${'a'.repeat(32)}`,
  }
  /** Of the console. */
  url = ''
  readonly #folder: string
  readonly #processes: readonly Process[]
  #closeConsole = async () => {}

  private constructor(folder: string, processes: readonly Hosts[]) {
    this.#folder = folder
    const access = tokenAccess([
      { name: 'rosa', role: 'reader', token: this.tokens.reader },
      { name: 'otto', role: 'operator', token: this.tokens.operator },
      { name: 'ada', role: 'admin', token: this.tokens.admin },
    ])
    const all = processes.flatMap(hosts => Object.entries(hosts))
    const wire = cloudEventsWire({ services: all.map(([name, hosts]) => ({ name, hosts })) })
    const transport = embedded()
    this.#processes = processes.map(
      hosts =>
        new Process(access, () =>
          Object.entries(hosts).map(([name, hosts]) => {
            const store = pglite({ dataDir: join(folder, name) })
            return service(name, { store, transport, wire, hosts, limits: { idleMs: 50 } })
          }),
        ),
    )
  }

  static async open(processes: readonly Hosts[]): Promise<OperatedServices> {
    const [folder, pages] = await Promise.all([mkdtemp(join(tmpdir(), 'operated-')), builtPages()])
    const operated = new OperatedServices(folder, processes)
    const services = await Promise.all(operated.#processes.map(process => process.start()))
    const console = await consoleServer({ services, signInsPerMinute: 1_000, pages })
    operated.url = `${await console.listen({ host: '127.0.0.1', port: 0 })}/console`
    operated.#closeConsole = async () => {
      await console.close()
      await rm(pages, { recursive: true })
    }
    return operated
  }

  service(name: string): Running {
    return this.#processOf(name).services.find(each => each.name === name)!
  }

  /** Where a service itself answers. */
  urlOf(name: string): string {
    return this.#processOf(name).url
  }

  /** Ends the process that a service runs in; what is sent to it waits. */
  end(name: string): Promise<void> {
    return this.#processOf(name).end()
  }

  /** Starts it again if it was ended: on its data, at its address. */
  async start(name: string): Promise<void> {
    await this.#processOf(name).start()
  }

  async close(): Promise<void> {
    await this.#closeConsole()
    await Promise.all(this.#processes.map(process => process.end()))
    await rm(this.#folder, { recursive: true })
  }

  #processOf(name: string): Process {
    return this.#processes.find(({ services }) => services.some(each => each.name === name))!
  }
}

class Process {
  readonly #access: ReturnType<typeof tokenAccess>
  readonly #make: () => readonly Running[]
  services: readonly Running[] = []
  url = 'http://127.0.0.1:0'
  #app: FastifyInstance | undefined

  constructor(access: ReturnType<typeof tokenAccess>, make: () => readonly Running[]) {
    this.#access = access
    this.#make = make
  }

  /** Resolves with its address. */
  async start(): Promise<string> {
    if (this.#app !== undefined) return this.url
    this.services = this.#make()
    await Promise.all(this.services.map(each => each.start()))
    const { services } = this
    this.#app = fastify()
    await this.#app.register(makegoodFastify, { services, title: 'Shop', version: '1', docs: false })
    await this.#app.register(operationsRoutes, { services, access: this.#access })
    this.url = await this.#app.listen({ host: '127.0.0.1', port: Number(new URL(this.url).port) })
    return this.url
  }

  async end(): Promise<void> {
    const app = this.#app
    this.#app = undefined
    if (app === undefined) return
    await app.close()
    await Promise.all(this.services.map(each => each.stop()))
  }
}
