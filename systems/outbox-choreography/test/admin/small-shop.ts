import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { event, handlersFor, type PgClient, type Service, service } from 'makegood'
import { makegoodFastify } from 'makegood/fastify'
import type { Database } from '../../../runner/database.ts'
import type { Ground } from '../../../runner/ground.ts'
import { onFreePorts } from '../../../runner/on-free-ports.ts'
import { runSystem } from '../../../runner/running-system.ts'
import type { System, SystemService } from '../../../runner/system.ts'
import { eventually } from '../../../runner/test/eventually.ts'
import { adminSite, adminTables } from '../../admin/admin.ts'
import { type AdminTable, Refusal } from '../../admin/table.ts'

/** A service with two tables and an admin site, in this process. */
export async function smallShop(groundIn: (folder: string) => Ground): Promise<SmallShop> {
  const folder = await mkdtemp(join(tmpdir(), 'admin-'))
  const letters = { areRefused: false }
  let database: Database | undefined
  const system = systemWith(letters, given => {
    database = given
  })
  const running = await runSystem(system, { ...(await onFreePorts(system)), ground: groundIn(folder) })
  const { queries } = running.service('shop')
  return {
    url: running.urlOf('shop'),
    service: running.service('shop'),
    sql: async <Row>(statement: string, ...values: unknown[]) =>
      (await database!.transaction(db => db.query<Row>(statement, values))).rows,
    deadLetter: async orderId => {
      letters.areRefused = false
      const { messageId } = await running.service('shop').transaction(async tx => {
        const published = await tx.publish(orderMoved(letters), { order_id: orderId })
        letters.areRefused = true
        return published
      })
      const { identity } = await eventually(async () => {
        const found = (await queries.inbox({ state: 'dead', limit: 100 })).rows.find(row => row.messageId === messageId)
        if (found === undefined) throw new Error('It is no dead letter yet')
        return found
      })
      return identity
    },
    mend: () => {
      letters.areRefused = false
    },
    stop: async () => {
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface SmallShop {
  readonly url: string
  readonly service: Service<string, PgClient>
  sql<Row>(statement: string, ...values: unknown[]): Promise<Row[]>
  /** Makes a dead letter of a message about the order. Resolves with its identity. */
  deadLetter(orderId: number): Promise<string>
  /** Takes away what made dead letters of messages. */
  mend(): void
  stop(): Promise<void>
}

const port = 8700

interface Letters {
  areRefused: boolean
}

function systemWith(letters: Letters, give: (database: Database) => void): System {
  const shop: SystemService = {
    name: 'shop',
    port,
    database: 'shop_db',
    tables: [new URL('tables.sql', import.meta.url), adminTables],
    async assemble({ store, transport, log, telemetry, registry, database, started }) {
      give(database)
      const told = handlersFor<PgClient>().on(orderMoved(letters), async ({ order_id }, { tx }) => {
        await tx.db.query("update orders set told = 'yes' where order_id = $1", [order_id])
      })
      const hosting = service('shop', { store, transport, log, telemetry, hosts: [told] })
      const app = Fastify()
      await app.register(makegoodFastify, { services: [hosting], registry, title: 'Shop', version: '1.0.0' })
      await app.register(adminSite, {
        prefix: '/admin',
        service: hosting,
        database,
        log,
        started,
        credentials: { user: 'admin', password: 'admin', secret: undefined },
        tables: tablesOf(letters),
      })
      return { services: [hosting], app }
    },
  }
  return { name: 'small-shop', welcome: () => [], services: [shop] }
}

/** Messages that its schema refuses are dead letters at once. */
function orderMoved(letters: Letters) {
  return event('shop.orderMoved', {
    payload: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: value =>
          letters.areRefused
            ? { issues: [{ message: 'is refused <b>today</b>', path: ['order_id'] }] }
            : { value: value as { order_id: number } },
      },
    },
  })
}

const next: { readonly [status: string]: readonly string[] } = { created: ['paid'], paid: ['shipped'], shipped: [] }

const tablesOf = (letters: Letters): AdminTable[] => [
  {
    table: 'products',
    title: 'Products',
    about: 'What there is to buy.',
    list: ['id', 'name', 'shelf', 'quantity', 'active', 'added'],
    search: ['name', 'details'],
    filter: ['active', 'shelf', 'added'],
    sort: 'name',
    adding: ['name', 'shelf', 'quantity', 'price', 'active', 'details'],
    changing: ['name', 'shelf', 'quantity', 'price', 'active', 'details'],
  },
  {
    table: 'orders',
    title: 'Orders',
    list: ['order_id', 'product', 'status'],
    filter: ['status'],
    sort: '-order_id',
    adding: ['product', 'status'],
    changing: ['product', 'status'],
    choices: { status: row => (row === undefined ? ['created'] : (next[row['status']!] ?? [])) },
    change: async (tx, row, changed) => {
      if (changed['product'] !== undefined) throw new Refusal('It is packed already.', 'product')
      await tx.db.query('update orders set status = $2 where order_id = $1', [row['order_id'], changed['status']])
      await tx.publish(orderMoved(letters), { order_id: Number(row['order_id']) })
    },
    remove: false,
  },
]
