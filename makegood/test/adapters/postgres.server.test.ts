import pg from 'pg'
import { inject } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { type OpenedStore, storeContract } from '../../src/testing/store-contract.ts'

storeContract('postgres', { concurrent: true }, () => openPostgres({ pipeline: true }))
storeContract('postgres, without pipeline', { concurrent: true }, () => openPostgres({ pipeline: false }))

let made = 0

async function openPostgres(options: { readonly pipeline: boolean }): Promise<OpenedStore> {
  made += 1
  const name = `store_${process.pid}_${made}`
  await onServer(`create database ${name}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  const pool = new pg.Pool({ connectionString: url.href, max: 25, ...options } as pg.PoolConfig)
  return {
    store: postgres({ pool }),
    close: async () => {
      await pool.end()
      await onServer(`drop database ${name} with (force)`)
    },
  }
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  await client.query(sql)
  await client.end()
}
