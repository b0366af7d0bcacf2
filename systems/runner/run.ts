import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { MakegoodError, textOf } from 'makegood'
import { pino } from 'pino'
import { accessTo } from './access.ts'
import { openConsole } from './console.ts'
import { embeddedGround } from './embedded-ground.ts'
import { type Environment, Trouble } from './environment.ts'
import type { Options } from './options.ts'
import { orQueuesInPostgres } from './queues-in-postgres.ts'
import { type RunningSystem, type RunOptions, runSystem, serviceNamed } from './running-system.ts'
import { serversGround } from './servers-ground.ts'
import type { StartableSystem, System, SystemGateway, SystemService } from './system.ts'

/** Runs a system until it is told to stop. Resolves with the exit code. */
export async function run(
  system: StartableSystem,
  options: Options,
  environment: Environment,
  signal: AbortSignal,
): Promise<number> {
  const { servers, data = join('.data', system.name), fresh } = options
  const services = options.services?.map(name => serviceNamed(system, name).name)
  // Written at once: what was still to be written when a process ends could wait for a reader that has gone.
  const log = pino(pino.destination({ dest: servers ? 2 : logFileIn(data), sync: servers }))
  const { host, portOf } = addressIn(system, options, environment)
  const isLocal = !servers && isLoopback(host)
  const startedAt = performance.now()
  try {
    const embedded = servers ? undefined : embeddedGround(data, { fresh })
    const running = await runSystem(system, {
      ground: embedded ?? serversGround(orQueuesInPostgres(await system.servers(), environment), log),
      ...(services === undefined ? {} : { services }),
      log,
      host,
      operations: await accessTo(environment, { isLocal }),
      portOf,
      signal,
    })
    const console = embedded && isLocal ? await openConsole(system, running, embedded) : undefined
    say(ready(system, services, running, { console, portOf, ms: performance.now() - startedAt }))
    if (!servers) say(`Data and the log are in ${data}. Stop with Ctrl-C.`)
    await aborted(signal)
    say('Stopping: what is under way is finished first.')
    await running.stop()
    return 0
  } catch (error) {
    if (signal.aborted) return 0
    return tell(error)
  }
}

/** Where a process listens: of one that runs a single service, the environment may say so. */
export function addressIn(
  system: System,
  { servers, services = [], portOffset }: Options,
  environment: Environment,
): Pick<RunOptions, 'host' | 'portOf'> {
  const own = services.length === 1 ? serviceNamed(system, services[0]!).port : undefined
  return {
    // A container is reached from outside it; what runs embedded is for this machine.
    host: environment.text('HOST', servers ? '0.0.0.0' : '127.0.0.1'),
    portOf: ({ port }) => (port === own ? environment.port('PORT', port) : port) + portOffset,
  }
}

/** What a person can mend is one sentence; anything else is our mistake and shows where it was made. */
export function tell(error: unknown): number {
  const mendable = error instanceof Trouble || error instanceof MakegoodError
  process.stderr.write(`${mendable ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  return 1
}

/** @throws Trouble, if there can be no such folder. */
function logFileIn(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new Trouble(`The data folder cannot be made, choose another with --data: ${textOf(error)}`, { cause: error })
  }
  return join(folder, 'log.jsonl')
}

function ready(
  system: System,
  chosen: readonly string[] | undefined,
  { urlOf }: RunningSystem,
  { console, portOf, ms }: Ready,
): string {
  const services = system.services.filter(({ name }) => chosen?.includes(name) ?? true)
  const width = Math.max(...services.map(({ name }) => name.length))
  const alsoAt = (service: SystemService | SystemGateway) =>
    'adminPort' in service
      ? `admin: http://localhost:${portOf({ port: service.adminPort })}`
      : `docs: ${urlOf(service.name)}/docs`
  return [
    `${system.name} is ready after ${(ms / 1_000).toFixed(1)} s.`,
    '',
    ...services.map(service => `  ${service.name.padEnd(width)}  ${urlOf(service.name)}  (${alsoAt(service)})`),
    ...(console === undefined ? [] : [`  ${'console'.padEnd(width)}  ${console}`]),
    '',
    ...(chosen === undefined ? system.welcome(urlOf) : []),
    '',
  ].join('\n')
}

interface Ready {
  /** Where it is, if there is one. */
  readonly console: string | undefined
  readonly portOf: RunOptions['portOf']
  readonly ms: number
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
