import { postgres } from 'makegood/postgres'
import pg from 'pg'
import { codeOf, type DatabaseAddress, type DatabaseServer } from './database-server.ts'

export const postgresServer: DatabaseServer = {
  name: 'PostgreSQL',
  open(address) {
    const pool = new pg.Pool({ ...address, pipeline: true, max: 10 } as pg.PoolConfig)
    return { store: postgres({ pool }), end: () => pool.end() }
  },
  connect,
  meaningOf(error) {
    const code = codeOf(error)
    if (code === noSuchDatabase) return 'missing'
    return ['28P01', '28000'].includes(code) ? 'refused' : 'away'
  },
  async create(address) {
    const statement = `create database ${pg.escapeIdentifier(address.database)}`
    for (const database of ['postgres', 'saga_main']) {
      const trouble = await connect({ ...address, database }, statement).catch((error: unknown) => error)
      if (trouble === undefined || ['42P04', '23505'].includes(codeOf(trouble))) return
      if (codeOf(trouble) !== noSuchDatabase) throw trouble
    }
    throw new Error('there is neither a database postgres nor saga_main to do it from')
  },
}

const noSuchDatabase = '3D000'

async function connect(address: DatabaseAddress, statement?: string): Promise<void> {
  const client = new pg.Client({ ...address, connectionTimeoutMillis: 5_000 })
  // A server that goes away just when nothing is asked of it tells so by an event, which would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    if (statement !== undefined) await client.query(statement)
  } finally {
    await client.end().catch(() => {})
  }
}
