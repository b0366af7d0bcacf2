import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { postgresTransport } from '../../src/adapters/postgres-transport/index.ts'
import { transportContract } from '../../src/testing/transport-contract.ts'

const shared = new pg.Pool({ connectionString: inject('postgresUrl'), pipeline: true, max: 50 } as pg.PoolConfig)
afterAll(() => shared.end())

transportContract('postgres', () => postgresTransport({ pool: shared }))
