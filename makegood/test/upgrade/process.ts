import { type Service, service } from 'makegood'
import { mysql } from 'makegood/mysql'
import { postgres } from 'makegood/postgres'
import { rabbitmq } from 'makegood/rabbitmq'
import mysql2 from 'mysql2/promise'
import pg from 'pg'
import type { Release } from './release-1.ts'

// One process of a service, in one release: says `ready` when it serves, or why it does not, and drains on SIGTERM. It
// ends with whoever started it.

const [release, name] = process.argv.slice(2)
const { DATABASE_URL = '', AMQP_URL = '', MIGRATE } = process.env
const { shop }: { readonly shop: Release } = await import(`./release-${release}.ts`)

const { run, end } = name === 'sales' ? sales() : warehouse()
process.stdin.once('close', () => process.exit(1)).resume()
process.once('SIGTERM', async () => {
  await run.stop()
  await end()
  process.exit()
})
try {
  await run.start()
  console.log('ready')
} catch (error) {
  console.log(error instanceof Error && 'code' in error ? `${error.code}: ${error.message}` : error)
  process.exit(1)
}

interface Running {
  readonly run: Service<string, never>
  readonly end: () => Promise<void>
}

function sales(): Running {
  const pool = new pg.Pool({ connectionString: DATABASE_URL, pipeline: true, max: 3 } as pg.PoolConfig)
  const hosts = shop.hosts.sales
  return {
    run: service('sales', { ...around(), store: postgres({ pool }), hosts }) as unknown as Service<string, never>,
    end: () => pool.end(),
  }
}

function warehouse(): Running {
  const pool = mysql2.createPool({ uri: DATABASE_URL, connectionLimit: 3 })
  const hosts = shop.hosts.warehouse
  return {
    run: service('warehouse', { ...around(), store: mysql({ pool }), hosts }) as unknown as Service<string, never>,
    end: () => pool.end(),
  }
}

function around() {
  return {
    transport: rabbitmq({ url: AMQP_URL }),
    wire: shop.wire,
    // As where tables are changed by a step of the deployment, unless the test asks for the other way.
    migrate: MIGRATE === 'yes',
    limits: { idleMs: 100, outboxLeaseMs: 1_000 },
  }
}
