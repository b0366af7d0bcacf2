import { existsSync } from 'node:fs'
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keeperOf } from './keeper.ts'
import { freePorts, listens } from './ports.ts'
import { startProgram } from './restartable.ts'

/** The program of Debian's package `pgbouncer`. */
const program = '/usr/sbin/pgbouncer'

export function canStartPgbouncer(): boolean {
  return existsSync(program)
}

/** A throw-away pgbouncer in transaction mode before a PostgreSQL: each transaction may get another of few sessions. */
export async function startPgbouncer(postgresUrl: string): Promise<Pgbouncer> {
  const { hostname, port: target, username, password } = new URL(postgresUrl)
  const folder = await mkdtemp(join(tmpdir(), 'makegood-pgbouncer-'))
  const keeper = keeperOf(folder)
  const [port] = await freePorts(1)
  const configuration = join(folder, 'pgbouncer.ini')
  await writeFile(
    configuration,
    `[databases]
* = host=${hostname} port=${target || 5432} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
`,
  )
  // It refuses to run as root, and has to read this as somebody else.
  await chmod(folder, 0o755)
  const user = process.getuid?.() === 0 ? ['-u', 'postgres'] : []
  const args = ['-q', ...user, configuration]
  const { stop } = await startProgram(
    { command: program, args, folder, port: port!, serves: () => listens(port!) },
    keeper,
  )
  const url = new URL(postgresUrl)
  url.host = `127.0.0.1:${port}`
  return { url: url.href, stop }
}

export interface Pgbouncer {
  /** Leads through it to the same database. */
  readonly url: string
  stop(): Promise<void>
}
