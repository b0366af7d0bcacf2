import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { keeperOf } from './keeper.ts'
import { freePorts } from './ports.ts'
import { notOurs, type Restartable, startProgram } from './restartable.ts'

/** A MariaDB, or the MySQL that `MAKEGOOD_MYSQL_HOME` names, for tests and measurements. */
export interface MariadbServer extends Restartable {
  /** Of a user who may do everything. It names no database. */
  readonly url: string
  /** Makes a new database. Resolves with its URL. */
  createDatabase(name: string): Promise<string>
}

export interface MariadbOptions {
  /** Further settings, such as `{ 'max-connections': '20' }`. */
  readonly settings?: { readonly [name: string]: string }
}

/**
 * Starts a throw-away server on a free port of 127.0.0.1, or takes the one that `MAKEGOOD_TEST_MYSQL_URL` names. It ends
 * with this process, however that ends.
 */
export async function startMariadb(): Promise<MariadbServer> {
  const given = process.env['MAKEGOOD_TEST_MYSQL_URL']
  return given === undefined ? startOwnMariadb() : useGiven(given)
}

/** One that may be killed and restarted, whatever the environment names. */
export async function startOwnMariadb({ settings = {} }: MariadbOptions = {}): Promise<MariadbServer> {
  const programs = requirePrograms()
  const folder = await mkdtemp(join(tmpdir(), 'makegood-mariadb-'))
  const keeper = keeperOf(folder)
  const data = join(folder, 'data')
  await prepare(programs, folder, data)

  const [user, password] = ['saga_user', 'saga_password']
  const [port] = await freePorts(1)
  // Said at every start, for the server makes its own users only for sockets.
  const initFile = join(folder, 'users.sql')
  const account = `'${user}'@'%'`
  await writeFile(
    initFile,
    `create user if not exists ${account} identified by '${password}';\ngrant all on *.* to ${account} with grant option;\n`,
  )
  const flags = Object.entries({
    datadir: data,
    port: String(port),
    'bind-address': '127.0.0.1',
    socket: join(folder, 'socket'),
    'pid-file': join(folder, 'pid'),
    'init-file': initFile,
    'max-connections': '200',
    'innodb-flush-log-at-trx-commit': '0',
    // As MySQL has it by default.
    'max-allowed-packet': '64M',
    ...settings,
  }).map(([name, value]) => `--${name}=${value}`)
  const address = { host: '127.0.0.1', port: port!, user, password }
  const url = `mysql://${user}:${password}@127.0.0.1:${port}`

  const [command, ...first] = programs.server
  const args = [...first, ...flags, '--skip-log-bin', '--skip-name-resolve']
  const server = await startProgram(
    { command: command!, args, folder, port: port!, serves: () => answers(address) },
    keeper,
  )
  return { ...server, url, createDatabase: name => createDatabase(url, name) }
}

function useGiven(url: string): MariadbServer {
  const made: string[] = []
  return {
    url,
    createDatabase: name => {
      // The server may hold databases of that name which somebody needs.
      const own = `${name}_${randomBytes(4).toString('hex')}`
      made.push(own)
      return createDatabase(url, own)
    },
    ...notOurs('MAKEGOOD_TEST_MYSQL_URL'),
    stop: async () => {
      for (const name of made) await runOn(url, `drop database if exists \`${name}\``)
    },
  }
}

/** Makes a database on the server at `serverUrl`. Resolves with its URL. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await runOn(serverUrl, `create database \`${name}\``)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

async function runOn(url: string, statement: string): Promise<void> {
  const connection = await mysql.createConnection(url)
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}

interface Programs {
  /** What a server is started with, but for where its data is. */
  readonly server: readonly string[]
  /** Makes an empty data folder. */
  readonly initialise: (data: string) => readonly string[]
}

function requirePrograms(): Programs {
  const home = process.env['MAKEGOOD_MYSQL_HOME']
  const programs = home === undefined ? debianMariadb() : unpackedMysql(home)
  if (programs) return programs
  throw new Error(
    home === undefined
      ? 'No MariaDB is installed: install the package "mariadb-server", or name a server in MAKEGOOD_TEST_MYSQL_URL.'
      : `There is no MySQL in ${home}, which MAKEGOOD_MYSQL_HOME names.`,
  )
}

/** Who runs the tests runs the server, root too. */
const user = `--user=${userInfo().username}`

function debianMariadb(): Programs | undefined {
  const server = ['/usr/sbin/mariadbd', '/usr/libexec/mariadbd'].find(existsSync)
  if (server === undefined) return undefined
  return {
    server: [server, '--no-defaults', user],
    initialise: data => [
      'mariadb-install-db',
      '--no-defaults',
      user,
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
    ],
  }
}

/** Debian packages that were unpacked into a folder: started by the loader among them, with the libraries among them. */
function unpackedMysql(home: string): Programs | undefined {
  const program = join(home, 'usr/sbin/mysqld')
  if (!existsSync(program)) return undefined
  const server = [
    join(home, 'usr/lib64/ld-linux-x86-64.so.2'),
    '--library-path',
    join(home, 'usr/lib/x86_64-linux-gnu'),
    program,
    '--no-defaults',
    user,
    `--lc-messages-dir=${join(home, 'usr/share/mysql')}`,
    `--character-sets-dir=${join(home, 'usr/share/mysql/charsets')}`,
  ]
  return {
    server: [...server, '--mysqlx=0', '--secure-file-priv=NULL'],
    initialise: data => [...server, '--initialize-insecure', `--datadir=${data}`],
  }
}

async function prepare({ initialise }: Programs, folder: string, data: string): Promise<void> {
  const [command, ...args] = initialise(data)
  const { status, stdout, stderr } = spawnSync(command!, args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} could not make ${data}: ${stderr}${stdout}`)
}

async function answers(address: mysql.ConnectionOptions): Promise<boolean> {
  try {
    await (await mysql.createConnection(address)).end()
    return true
  } catch {
    return false
  }
}
