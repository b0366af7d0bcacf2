import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePorts } from './ports.ts'
import { notOurs, type Restartable } from './restartable.ts'

/** A PostgreSQL server for tests and measurements. */
export interface PostgresServer extends Restartable {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Undefined for a server that we did not start. */
  readonly dataDir: string | undefined
  /** Of the postmaster that runs now; undefined while it is down, and for a server that we did not start. */
  readonly pid: number | undefined
  /** Makes a new database. Resolves with its URL. */
  createDatabase(name: string): Promise<string>
}

export interface PostgresServerOptions {
  /** Whether a commit waits for the disk. @defaultValue true */
  readonly fsync?: boolean
  /** Further settings, such as `{ max_connections: '20' }`. */
  readonly settings?: { readonly [name: string]: string }
}

/**
 * Starts a throw-away PostgreSQL on a free port of 127.0.0.1, or takes the one that `MAKEGOOD_TEST_POSTGRES_URL` names.
 * It ends with this process, however that ends.
 */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const given = process.env['MAKEGOOD_TEST_POSTGRES_URL']
  return given === undefined ? startOwnPostgres(options) : useGiven(given)
}

/** One that may be killed and restarted, whatever the environment names. */
export async function startOwnPostgres({
  fsync = true,
  settings = {},
}: PostgresServerOptions = {}): Promise<PostgresServer> {
  const bin = requirePrograms()
  const owner = unprivilegedOwner()
  const folder = mkdtempSync(join(tmpdir(), 'makegood-postgres-'))
  if (owner) chownSync(folder, owner.uid, owner.gid)
  const dataDir = join(folder, 'data')
  const [user, password] = ['saga_user', 'saga_password']
  initialise(bin, dataDir, user, password, owner)

  const host = '127.0.0.1'
  const [port] = (await freePorts(1)) as [number]
  const flags = Object.entries({
    listen_addresses: host,
    port: String(port),
    unix_socket_directories: '',
    fsync: fsync ? 'on' : 'off',
    max_connections: '200',
    lc_messages: 'C',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const boot = () => startPostmaster(join(bin, 'postgres'), ['-D', dataDir, ...flags], owner)

  const watcher = watchOver(folder)
  let postmaster: ChildProcess | undefined = await boot()
  const start = async () => {
    postmaster = await boot()
  }
  const shutDown = async () => {
    if (postmaster) await end(postmaster, 'SIGINT')
    postmaster = undefined
  }
  const url = `postgres://${user}:${password}@${host}:${port}/postgres`

  return {
    ...{ url, host, port, user, password, dataDir },
    get pid() {
      return postmaster?.pid
    },
    createDatabase: name => createDatabase(url, name),
    start,
    shutDown,
    restart: async () => {
      await shutDown()
      await start()
    },
    kill: async () => {
      const sessions = postmaster?.pid === undefined ? [] : childrenOf(postmaster.pid)
      if (postmaster) await end(postmaster, 'SIGKILL')
      // A session notices only when it has nothing to do, and commits what it is asked to until then.
      for (const pid of sessions) endNow(pid)
      postmaster = undefined
    },
    stop: async () => {
      postmaster?.ref()
      watcher.ref()
      await end(watcher, undefined)
      postmaster = undefined
    },
  }
}

async function useGiven(url: string): Promise<PostgresServer> {
  const { hostname, port, username, password } = new URL(url)
  const made: string[] = []
  return {
    ...{ url, host: hostname, port: Number(port || 5432), dataDir: undefined, pid: undefined },
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    createDatabase: name => {
      // The server may hold databases of that name which somebody needs.
      const own = `${name}_${randomBytes(4).toString('hex')}`
      made.push(own)
      return createDatabase(url, own)
    },
    ...notOurs('MAKEGOOD_TEST_POSTGRES_URL'),
    stop: async () => {
      for (const name of made) await dropDatabase(url, name)
    },
  }
}

function requirePrograms(): string {
  const programs = programsOfPostgres()
  if (programs) return programs
  throw new Error(
    'No PostgreSQL server is installed: install the package "postgresql", or name a server in MAKEGOOD_TEST_POSTGRES_URL.',
  )
}

/** Where its programs are; undefined if it is not installed. */
export function programsOfPostgres(): string | undefined {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter(Number.isFinite) : []
  for (const version of versions.sort((a, b) => b - a)) {
    const bin = join(root, String(version), 'bin')
    if (existsSync(join(bin, 'initdb'))) return bin
  }
  const { status, stdout } = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' })
  return status === 0 && existsSync(join(stdout.trim(), 'initdb')) ? stdout.trim() : undefined
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root. */
export function unprivilegedOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag: string) =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim() || 65534)
  return { uid: idOf('-u'), gid: idOf('-g') }
}

function initialise(bin: string, dataDir: string, user: string, password: string, owner: Owner | undefined): void {
  const passwordFile = `${dataDir}.password`
  writeFileSync(passwordFile, `${password}\n`)
  const flags = [
    '-D',
    dataDir,
    '-U',
    user,
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale',
    'C',
  ]
  const { status, stderr } = spawnSync(join(bin, 'initdb'), [...flags, '--no-sync'], {
    ...owner,
    cwd: tmpdir(),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
}

/**
 * Ends the server and deletes its folder when this process closes its end of the pipe: by `stop`, by an exit, or by
 * dying of any signal. Its own process group, so that Ctrl-C does not reach it before it has done its work.
 */
function watchOver(folder: string): ChildProcess {
  const script = `
    cat > /dev/null
    if read pid < "$0/data/postmaster.pid" 2> /dev/null; then
      kill -QUIT "$pid" 2> /dev/null
      for i in $(seq 100); do [ -e "$0/data/postmaster.pid" ] && sleep 0.05; done
    fi
    rm -rf "$0"`
  const watcher = spawn('/bin/sh', ['-c', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  watcher.unref()
  return watcher
}

/** The processes of a killed postmaster need a moment to notice; until then its successor is refused. */
async function startPostmaster(
  command: string,
  flags: readonly string[],
  owner: Owner | undefined,
): Promise<ChildProcess> {
  for (let trial = 1; ; trial++) {
    try {
      return await startOnce(command, flags, owner)
    } catch (error) {
      if (trial === 50 || !String(error).includes('still in use')) throw error
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}

function startOnce(command: string, flags: readonly string[], owner: Owner | undefined): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, flags, {
      ...owner,
      cwd: tmpdir(),
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    let said = ''
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)))
    child.stderr.on('data', chunk => {
      // The end of it: clients that knock while it starts make it say a lot before it is ready.
      said = (said + chunk).slice(-10_000)
      if (!said.includes('ready to accept connections')) return
      child.unref()
      child.stderr.removeAllListeners('data').resume()
      ;(child.stderr as unknown as { unref(): void }).unref()
      resolve(child)
    })
  })
}

function end(child: ChildProcess, signal: NodeJS.Signals | undefined): Promise<void> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.ref()
    child.once('exit', () => resolve())
    if (signal) child.kill(signal)
    else child.stdin?.end()
  })
}

function childrenOf(pid: number): readonly number[] {
  const listed = `/proc/${pid}/task/${pid}/children`
  const pids = existsSync(listed) ? readFileSync(listed, 'utf8').split(' ').map(Number) : []
  return pids.filter(child => child > 0)
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has noticed.
  }
}

/** Resolves with the URL of the new database. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await runOn(serverUrl, `create database "${name}"`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await runOn(serverUrl, `drop database if exists "${name}" with (force)`)
}

async function runOn(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
