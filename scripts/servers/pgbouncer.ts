import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { keeperOf } from './keeper.ts'
import { freePorts, listens } from './ports.ts'

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
  const server = spawn(program, ['-q', ...user, configuration], { cwd: folder, detached: true, stdio: 'ignore' })
  server.unref()
  keeper.watch(server.pid!)
  while (!(await listens(port!))) {
    if (server.exitCode !== null)
      throw new Error(`pgbouncer did not start with ${await readFile(configuration, 'utf8')}`)
    await pause(20)
  }
  const url = new URL(postgresUrl)
  url.host = `127.0.0.1:${port}`
  return { url: url.href, stop: () => keeper.release() }
}

export interface Pgbouncer {
  /** Leads through it to the same database. */
  readonly url: string
  stop(): Promise<void>
}
