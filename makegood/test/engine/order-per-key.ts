import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  cloudEventsWire,
  event,
  handlersFor,
  type PgClient,
  type Service,
  type Store,
  service,
  type Transport,
} from '../../src/makegood.ts'
import { type FaultPlan, faultPlan, faulty } from '../../src/testing/index.ts'

/** Where the test runs: a database each for who sends and who reads, and a way between them. */
export interface Ground {
  store(service: 'sender' | 'reader'): Store<PgClient>
  /** One for each process, so that its connection can be cut alone. */
  transport(): Transport
  sql(service: 'sender' | 'reader', text: string, values?: unknown[]): Promise<readonly { [column: string]: unknown }[]>
  close(): Promise<void>
}

export const orderTables = {
  sender: 'create table counter (key text primary key, n integer not null)',
  reader: 'create table heard (place serial, key text not null, n integer not null)',
}

const changed = event('sender.changed', { payload: z.object({ key: z.string(), n: z.number().int() }) })
const { on } = handlersFor<PgClient>()
const keys = ['a', 'b', 'c']

/**
 * Numbers are drawn from a row that each transaction locks: they are the order of the commits. What the reader has
 * written down of a key must be these numbers, each once, one after the other.
 */
export function orderPerKey(open: () => Promise<Ground>): void {
  test('events of one key arrive in the order of their commits, whatever is killed, doubled or parked', async () => {
    const world = await World.begin(await open())
    try {
      await world.startSenders(2)
      await world.startReaders(3)
      await world.publish(60)

      const dead = [
        world.plan.next({ point: 'crash after commit', service: 'sender', sends: 'event sender.changed', time: 5 }),
        world.plan.next({ point: 'duplicate', service: 'reader', handles: 'event sender.changed', time: 7 }),
        world.plan.next({ point: 'crash before commit', service: 'reader', handles: 'event sender.changed', time: 15 }),
      ]
      await world.publish(60)
      await Promise.all(dead)
      await world.startSenders(1)
      await world.startReaders(1)
      await world.publish(60)

      await world.allIsHeard()
      expect(world.refused).toBeGreaterThan(0)
      for (const key of keys) expect(await world.heard(key), key).toEqual(await world.committed(key))
    } finally {
      await world.end()
    }
  }, 120_000)

  test('what has no key, or another, does not wait for a message that is parked', async () => {
    const world = await World.begin(await open())
    try {
      await world.startSenders(1)
      await world.startReaders(1)
      world.refuse = ({ key }) => key === 'a'
      await world.change('a')
      await expect.poll(() => world.refused).toBeGreaterThan(0)
      await world.change('a')
      await world.change('b')
      await expect.poll(() => world.heard('b')).toEqual([1])
      expect(await world.heard('a')).toEqual([])
      world.refuse = () => false
      await expect.poll(() => world.heard('a'), { timeout: 60_000 }).toEqual([1, 2])
    } finally {
      await world.end()
    }
  }, 120_000)
}

class World {
  readonly plan: FaultPlan = faultPlan()
  /** Which message a reader throws at. */
  refuse: (changed: { readonly key: string; readonly n: number }) => boolean
  refused = 0
  readonly #ground: Ground
  readonly #senders: Service<string, PgClient>[] = []
  readonly #readers: Service<string, PgClient>[] = []
  readonly #seen = new Set<string>()

  private constructor(ground: Ground) {
    this.#ground = ground
    // Every tenth, the first time.
    this.refuse = ({ key, n }) => n % 10 === 3 && !this.#seen.has(`${key}${n}`)
  }

  static async begin(ground: Ground): Promise<World> {
    for (const key of keys) await ground.sql('sender', 'insert into counter values ($1, 0)', [key])
    return new World(ground)
  }

  async startSenders(count: number): Promise<void> {
    for (let at = 0; at < count; at++) this.#senders.push(await this.#start('sender'))
  }

  async startReaders(count: number): Promise<void> {
    for (let at = 0; at < count; at++) this.#readers.push(await this.#start('reader'))
  }

  /** From all senders at once; what a crash has taken back is not tried again. */
  async publish(count: number): Promise<void> {
    const lost = new Promise(resolve => setTimeout(resolve, 4_000, 'the process that would answer is gone'))
    const changes = Array.from({ length: count }, (_, at) => this.change(keys[at % keys.length]!, at))
    await Promise.all(changes.map(each => Promise.race([each.catch(() => {}), lost])))
  }

  async change(key: string, at = 0): Promise<void> {
    const sender = this.#senders[at % this.#senders.length]!
    await sender.transaction(async tx => {
      const { rows } = await tx.db.query<{ n: number }>('update counter set n = n + 1 where key = $1 returning n', [
        key,
      ])
      await tx.publish(changed, { key, n: rows[0]!.n }, { key })
    })
  }

  async committed(key: string): Promise<readonly number[]> {
    const [row] = await this.#ground.sql('sender', 'select n from counter where key = $1', [key])
    return Array.from({ length: Number(row!['n']) }, (_, at) => at + 1)
  }

  async heard(key: string): Promise<readonly number[]> {
    const rows = await this.#ground.sql('reader', 'select n from heard where key = $1 order by place', [key])
    return rows.map(row => Number(row['n']))
  }

  async allIsHeard(): Promise<void> {
    const counts = async (of: (key: string) => Promise<readonly number[]>) =>
      (await Promise.all(keys.map(of))).map(({ length }) => length)
    await expect
      .poll(() => counts(key => this.heard(key)), { timeout: 90_000, interval: 200 })
      .toEqual(await counts(key => this.committed(key)))
  }

  async end(): Promise<void> {
    const stopped = Promise.all([...this.#senders, ...this.#readers].map(each => each.stop().catch(() => {})))
    // What has crashed never answers.
    await Promise.race([stopped, new Promise(resolve => setTimeout(resolve, 3_000))])
    await this.#ground.close()
  }

  async #start(name: 'sender' | 'reader'): Promise<Service<string, PgClient>> {
    const parts = faulty({ store: this.#ground.store(name), transport: this.#ground.transport(), wire }, this.plan)
    const made = service(name, {
      ...parts,
      hosts: name === 'reader' ? [this.#reaction()] : [],
      limits: { idleMs: 100 },
    })
    await made.start()
    return made
  }

  #reaction() {
    return on(
      changed,
      async (change, { tx }) => {
        const refused = this.refuse(change)
        this.#seen.add(`${change.key}${change.n}`)
        if (refused) {
          this.refused += 1
          throw new Error('not now')
        }
        await tx.db.query('insert into heard (key, n) values ($1, $2)', [change.key, change.n])
      },
      { inOrder: true, keys: ({ key }) => [key] },
    )
  }
}

const wire = cloudEventsWire({
  services: [
    { name: 'sender', hosts: [] },
    { name: 'reader', hosts: [on(changed, async () => {}, { inOrder: true })] },
  ],
})
