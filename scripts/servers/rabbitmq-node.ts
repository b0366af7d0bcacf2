import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Keeper } from './keeper.ts'
import { freePorts, listens } from './ports.ts'
import { type Freezable, type Restartable, startProgram } from './restartable.ts'

/** A node of RabbitMQ: alone, or with others that have the same cookie and port mapper. */
export interface RabbitmqNode extends Omit<Restartable, 'stop'>, Freezable {
  /** As Erlang and `rabbitmqctl` call it. */
  readonly name: string
  /** Of 127.0.0.1, for clients. */
  readonly port: number
  /** Runs `rabbitmqctl` and resolves with what it printed. Takes a second or two. */
  ctl(...args: string[]): Promise<string>
}

/** Where a node is to be, before it is started: others may have to know its name first. */
export interface RabbitmqPlace {
  readonly name: string
  readonly port: number
  readonly distribution: number
  /** What makes it a node of the same cluster. */
  readonly common: { readonly epmd: number; readonly cookie: string }
}

/** For nodes that are to know each other. Throws where there is nothing to start. */
export async function placesForNodes(count: number): Promise<readonly RabbitmqPlace[]> {
  requirePrograms()
  const [epmd, ...ports] = await freePorts(1 + 2 * count)
  const common = { epmd: epmd!, cookie: `makegood${epmd}` }
  return Array.from({ length: count }, (_, number) => {
    const [port, distribution] = [ports[2 * number]!, ports[2 * number + 1]!]
    return { name: `makegood${port}@localhost`, port, distribution, common }
  })
}

/** In a folder of its own, which is there and empty. Resolves when clients can connect. */
export async function startNode(place: RabbitmqPlace, { folder, keeper, settings = [] }: Home): Promise<RabbitmqNode> {
  const programs = requirePrograms()
  const env = await prepare(folder, place, settings)
  const server = await startProgram(
    {
      ...{ command: join(programs, 'rabbitmq-server'), args: [], env, folder, port: place.port },
      serves: () => listens(place.port),
    },
    keeper,
  )
  return {
    ...server,
    ...{ name: place.name, port: place.port },
    ctl: (...args) => run(join(programs, 'rabbitmqctl'), ['-q', ...args], env),
  }
}

interface Home {
  readonly folder: string
  readonly keeper: Keeper
  /** Further lines of its configuration. */
  readonly settings?: readonly string[]
}

/** Started here and not by Erlang, which would leave it running. */
export async function startPortMapper(
  { common: { epmd } }: RabbitmqPlace,
  { folder, keeper }: Pick<Home, 'folder' | 'keeper'>,
): Promise<void> {
  const child = spawn('epmd', ['-port', String(epmd)], {
    env: { PATH: process.env['PATH'], HOME: folder, ERL_EPMD_ADDRESS: '127.0.0.1' },
    detached: true,
    stdio: 'ignore',
  })
  child.unref()
  keeper.watch(child.pid!)
  while (!(await listens(epmd))) {
    if (child.exitCode !== null) throw new Error(`epmd did not start on port ${epmd}.`)
    await pause(50)
  }
}

/** The names that the documented systems use by default. */
export const userOfTests = { user: 'saga_user', password: 'saga_password', vhost: 'saga_vhost' }

export function urlAt(port: number): string {
  return `amqp://${userOfTests.user}:${userOfTests.password}@127.0.0.1:${port}/${userOfTests.vhost}`
}

/** Whether there is anything to start. */
export function canStartRabbitmq(): boolean {
  return programsOfRabbitmq() !== undefined
}

function requirePrograms(): string {
  const programs = programsOfRabbitmq()
  if (programs) return programs
  throw new Error(
    'No RabbitMQ is installed: install the package "rabbitmq-server", or name a server in MAKEGOOD_TEST_AMQP_URL.',
  )
}

/**
 * The programs inside the package, not the wrappers in `/usr/sbin`: those change the user and then cannot read a
 * private folder. `MAKEGOOD_RABBITMQ_HOME` names another version.
 */
export function programsOfRabbitmq(): string | undefined {
  const named = process.env['MAKEGOOD_RABBITMQ_HOME']
  const packaged = '/usr/lib/rabbitmq/lib'
  const homes = named ? [named] : existsSync(packaged) ? readdirSync(packaged).map(name => join(packaged, name)) : []
  return homes.map(home => join(home, 'sbin')).find(sbin => existsSync(join(sbin, 'rabbitmq-server')))
}

async function prepare(
  folder: string,
  { name, port, distribution, common: { epmd, cookie } }: RabbitmqPlace,
  settings: readonly string[],
): Promise<NodeJS.ProcessEnv> {
  const configuration = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    `default_user = ${userOfTests.user}`,
    `default_pass = ${userOfTests.password}`,
    `default_vhost = ${userOfTests.vhost}`,
    'default_permissions.configure = .*',
    'default_permissions.read = .*',
    'default_permissions.write = .*',
    'disk_free_limit.absolute = 50MB',
    'log.file.level = warning',
    'log.console = false',
    ...settings,
  ]
  await writeFile(join(folder, 'rabbitmq.conf'), `${configuration.join('\n')}\n`)
  await writeFile(join(folder, 'enabled_plugins'), '[].\n')
  await writeFile(join(folder, '.erlang.cookie'), cookie, { mode: 0o400 })
  await mkdir(join(folder, 'data'))
  await mkdir(join(folder, 'log'))
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: folder,
    // Whatever of it fails at the end leaves nothing where the tests were started.
    ERL_CRASH_DUMP: join(folder, 'erl_crash.dump'),
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: name,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    // Schedulers that spin while they wait would take the cores that the tests run on.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none +sbwtdcpu none +sbwtdio none +S 2:2',
  }
}

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) =>
    execFile(file, args, { env }, (error, stdout, stderr) =>
      error
        ? reject(new Error(`${file} ${args.join(' ')} failed: ${stderr || stdout}`, { cause: error }))
        : resolve(stdout),
    ),
  )
}
