import pg from 'pg'
import { postgresTransport } from '../../src/adapters/postgres-transport/index.ts'

/** A process that takes from a queue, tells how many it has, and handles them until it is killed. */
const [connectionString, leaseMs, options] = process.argv.slice(2) as [string, string, string]
const transport = postgresTransport({ pool: new pg.Pool({ connectionString }), leaseMs: Number(leaseMs) })
const link = transport.connect({ ...JSON.parse(options), report: () => {} })
console.log((await link.take(10, 60_000)).length)
