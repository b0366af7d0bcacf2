import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { keeperOf } from './keeper.ts'
import { freePorts, listens } from './ports.ts'
import { notOurs, type Restartable, refusing, startProgram } from './restartable.ts'

/**
 * Starts a throw-away RabbitMQ on free ports of 127.0.0.1, or takes the one that `MAKEGOOD_TEST_AMQP_URL` names. It
 * ends with this process, however that ends.
 */
export async function startRabbitmq(): Promise<RabbitmqServer> {
  const given = process.env['MAKEGOOD_TEST_AMQP_URL']
  return given === undefined ? startOwnRabbitmq() : useGiven(given)
}

/** One that may be killed and restarted, whatever the environment names. */
export async function startOwnRabbitmq(): Promise<RabbitmqServer> {
  const programs = requirePrograms()
  const folder = await mkdtemp(join(tmpdir(), 'makegood-rabbitmq-'))
  const keeper = keeperOf(folder)
  const [port, distribution, epmd] = await freePorts(3)
  const environment = await prepare(folder, { port: port!, distribution: distribution!, epmd: epmd! })

  keeper.watch(await startPortMapper(environment))
  const server = await startProgram(
    {
      ...{ command: join(programs, 'rabbitmq-server'), args: [], env: environment, folder, port: port! },
      serves: () => listens(port!),
    },
    keeper,
  )
  return {
    ...server,
    ...userOfTests,
    host: '127.0.0.1',
    port: port!,
    url: `amqp://${userOfTests.user}:${userOfTests.password}@127.0.0.1:${port}/${userOfTests.vhost}`,
    ctl: async (...args) => {
      const { stdout } = await run(join(programs, 'rabbitmqctl'), ['-q', ...args], environment)
      return stdout
    },
  }
}

export interface RabbitmqServer extends Restartable {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly vhost: string
  /** Runs `rabbitmqctl` and resolves with what it printed. Takes a second or two. */
  ctl(...args: string[]): Promise<string>
}

/** Whether `startOwnRabbitmq` has anything to start. */
export function canStartRabbitmq(): boolean {
  return programsOfRabbitmq() !== undefined
}

/** The names that the documented systems use by default. */
const userOfTests = { user: 'saga_user', password: 'saga_password', vhost: 'saga_vhost' }

function useGiven(url: string): RabbitmqServer {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    ...{ url, host: hostname, port: Number(port || 5672) },
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    vhost: decodeURIComponent(pathname.slice(1)) || '/',
    ...notOurs('MAKEGOOD_TEST_AMQP_URL'),
    ctl: refusing('MAKEGOOD_TEST_AMQP_URL'),
    stop: async () => {},
  }
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
function programsOfRabbitmq(): string | undefined {
  const named = process.env['MAKEGOOD_RABBITMQ_HOME']
  const packaged = '/usr/lib/rabbitmq/lib'
  const homes = named ? [named] : existsSync(packaged) ? readdirSync(packaged).map(name => join(packaged, name)) : []
  return homes.map(home => join(home, 'sbin')).find(sbin => existsSync(join(sbin, 'rabbitmq-server')))
}

async function prepare(
  folder: string,
  ports: { readonly port: number; readonly distribution: number; readonly epmd: number },
): Promise<NodeJS.ProcessEnv> {
  const configuration = [
    `listeners.tcp.1 = 127.0.0.1:${ports.port}`,
    `default_user = ${userOfTests.user}`,
    `default_pass = ${userOfTests.password}`,
    `default_vhost = ${userOfTests.vhost}`,
    'default_permissions.configure = .*',
    'default_permissions.read = .*',
    'default_permissions.write = .*',
    'disk_free_limit.absolute = 50MB',
    'log.file.level = warning',
    'log.console = false',
  ]
  await writeFile(join(folder, 'rabbitmq.conf'), `${configuration.join('\n')}\n`)
  await writeFile(join(folder, 'enabled_plugins'), '[].\n')
  await writeFile(join(folder, '.erlang.cookie'), `makegood${ports.port}`, { mode: 0o400 })
  await mkdir(join(folder, 'data'))
  await mkdir(join(folder, 'log'))
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: folder,
    // Whatever of it fails at the end leaves nothing where the tests were started.
    ERL_CRASH_DUMP: join(folder, 'erl_crash.dump'),
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `makegood${ports.port}@localhost`,
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    // Schedulers that spin while they wait would take the cores that the tests run on.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none +sbwtdcpu none +sbwtdio none +S 2:2',
  }
}

/** Started here and not by Erlang, which would leave it running. */
async function startPortMapper(environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn('epmd', ['-port', environment['ERL_EPMD_PORT']!], {
    env: environment,
    detached: true,
    stdio: 'ignore',
  })
  child.unref()
  const port = Number(environment['ERL_EPMD_PORT'])
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`epmd did not start on port ${port}.`)
    await pause(50)
  }
  return child.pid!
}

function run(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) =>
    execFile(file, args, { env }, (error, stdout, stderr) =>
      error
        ? reject(new Error(`${file} ${args.join(' ')} failed: ${stderr || stdout}`, { cause: error }))
        : resolve({ stdout, stderr }),
    ),
  )
}
