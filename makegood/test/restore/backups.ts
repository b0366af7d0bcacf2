import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import mysql2 from 'mysql2/promise'
import pg from 'pg'
import { createDatabase, dropDatabase } from '../../../scripts/servers/postgres.ts'

const run = promisify(execFile)

/** A database of a service, which can be taken back to how it was. */
export interface Restorable {
  readonly url: string
  /** Resolves with what takes it back to now, as an administrator does: nobody may use it meanwhile. */
  backUp(): Promise<() => Promise<void>>
  /** Says a statement to it. */
  tell(text: string): Promise<readonly any[]>
  drop(): Promise<void>
}

export async function postgresDatabase(serverUrl: string, name: string): Promise<Restorable> {
  const url = await createDatabase(serverUrl, name)
  return {
    url,
    backUp: async () => {
      const file = join(tmpdir(), `makegood-${name}-${crypto.randomUUID()}.dump`)
      await run('pg_dump', ['--format=custom', `--file=${file}`, url])
      return async () => {
        await dropDatabase(serverUrl, name)
        await createDatabase(serverUrl, name)
        await run('pg_restore', [`--dbname=${url}`, '--no-owner', '--exit-on-error', file])
        await rm(file)
      }
    },
    tell: async text => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      try {
        return (await client.query(text)).rows
      } finally {
        await client.end()
      }
    },
    drop: () => dropDatabase(serverUrl, name),
  }
}

export async function mysqlDatabase(serverUrl: string, name: string): Promise<Restorable> {
  const tellAt = async (url: string, text: string) => {
    const connection = await mysql2.createConnection(url)
    try {
      const [rows] = await connection.query(text)
      return rows as readonly any[]
    } finally {
      await connection.end()
    }
  }
  const drop = async () => void (await tellAt(serverUrl, `drop database if exists \`${name}\``))
  const make = async () => void (await tellAt(serverUrl, `create database \`${name}\``))
  await make()
  const url = new URL(`/${name}`, serverUrl).href
  const { hostname, port, username, password } = new URL(serverUrl)
  const server = ['--no-defaults', '--protocol=tcp', `--host=${hostname}`, `--port=${port}`]
  const login = [...server, `--user=${username}`, `--password=${password}`]
  return {
    url,
    backUp: async () => {
      const { stdout } = await run('mysqldump', [...login, '--single-transaction', name], { maxBuffer: 2 ** 26 })
      return async () => {
        await drop()
        await make()
        const restoring = run('mysql', [...login, name])
        restoring.child.stdin!.end(stdout)
        await restoring
      }
    },
    tell: text => tellAt(url, text),
    drop,
  }
}
