import { afterAll, afterEach, beforeAll } from 'vitest'
import { type EmbeddedTransport, embedded } from '../../src/adapters/embedded/index.ts'
import { type PgliteStore, pglite } from '../../src/adapters/pglite/index.ts'
import {
  type Hosted,
  type PgClient,
  type Service,
  type ServiceOptions,
  service,
  type Wire,
} from '../../src/makegood.ts'
import { Peer, wireWithPeer } from './peer.ts'

/** One service under test, alone with a peer. */
export interface Scene {
  readonly service: Service<string, PgClient>
  readonly peer: Peer
  readonly store: PgliteStore<PgClient>
  readonly transport: EmbeddedTransport
  readonly wire: Wire
  /** Another process of the same service, on the same database and queue. */
  again(hosts?: readonly Hosted<PgClient>[], options?: SceneOptions): Promise<Service<string, PgClient>>
  /** What handlers wrote with `insert into effect`. */
  effects(): Promise<readonly string[]>
  sql(text: string, values?: unknown[]): Promise<readonly Record<string, unknown>[]>
}

export type SceneOptions = Partial<Omit<ServiceOptions<PgClient>, 'hosts' | 'wire'>>

/** One PGlite for the tests of a file; each scene has a service with a name of its own, and so rows of its own. */
export function stage(): (hosts: readonly Hosted<PgClient>[], options?: SceneOptions) => Promise<Scene> {
  let store: PgliteStore<PgClient>
  let keeper: { close(): Promise<void> }
  let scenes = 0
  let ends: (() => Promise<void>)[] = []

  const sql = async (text: string, values?: unknown[]) => {
    const client = await store.pool.connect()
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows
    } finally {
      client.release()
    }
  }

  beforeAll(async () => {
    store = pglite()
    const opened = store.open('keeper')
    await opened.migrate()
    keeper = opened
    await sql('create table effect (number serial, what text)')
  })
  afterEach(async () => {
    await Promise.all(ends.map(end => end()))
    ends = []
  })
  afterAll(() => keeper.close())

  return async (hosts, options = {}) => {
    scenes += 1
    const name = `service-${scenes}`
    await sql('truncate effect')
    const transport = embedded()
    const wire = wireWithPeer(name, hosts)
    const peer = new Peer(transport, wire)
    ends.push(() => peer.close())
    const again: Scene['again'] = async (otherHosts = hosts, otherOptions = options) => {
      const { limits, ...others } = otherOptions
      const made = service(name, {
        store,
        transport,
        wire,
        hosts: otherHosts,
        limits: { idleMs: 20, outboxLeaseMs: 200, drainMs: 1_000, ...limits },
        ...others,
      })
      await made.start()
      ends.push(() => stopped(made))
      return made
    }
    return {
      service: await again(),
      peer,
      store,
      transport,
      wire,
      again,
      sql,
      effects: async () => (await sql('select what from effect order by number')).map(row => String(row['what'])),
    }
  }
}

/** Something that can be counted, written in a handler's transaction. */
export async function effect(db: PgClient, what: string): Promise<void> {
  await db.query('insert into effect (what) values ($1)', [what])
}

/** A service that has crashed never says that it has stopped. */
async function stopped(service: Service<string, PgClient>): Promise<void> {
  await Promise.race([service.stop(), new Promise(resolve => setTimeout(resolve, 2_000))])
}
