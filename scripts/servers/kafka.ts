import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { keeperOf } from './keeper.ts'
import { freePorts } from './ports.ts'
import { notOurs, type Restartable, saidIn, startProgram } from './restartable.ts'

const run = promisify(execFile)

/** As `kafka/pom.xml` says. */
export const kafkaVersion = '4.3.1'

/** Java archives come from Maven once, and are kept here. */
const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'makegood', `kafka-${kafkaVersion}`)

export { cache as kafkaArchives }

/**
 * Whether there is a Kafka for tests: brokers that `MAKEGOOD_TEST_KAFKA_BROKERS` names, or one that can be started here,
 * for which its archives are fetched if they are not there yet. If there is none, says so in one line; with
 * `MAKEGOOD_REQUIRE_KAFKA` that is an error.
 */
export async function provideKafka(): Promise<boolean> {
  if (process.env['MAKEGOOD_TEST_KAFKA_BROKERS']) return true
  try {
    await fetchArchives()
    return true
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const line = `No Kafka, and so no test of it: ${why} Install Maven and Java 17 or newer (on Debian: apt-get install maven), or name brokers that tests may fill: MAKEGOOD_TEST_KAFKA_BROKERS=127.0.0.1:9092`
    if (process.env['MAKEGOOD_REQUIRE_KAFKA']) throw new Error(line, { cause: error })
    console.error(`» ${line}`)
    return false
  }
}

/** Starts a throw-away Kafka on free ports of 127.0.0.1, or takes the brokers that the environment names. */
export async function startKafka(): Promise<KafkaServer> {
  const given = process.env['MAKEGOOD_TEST_KAFKA_BROKERS']
  return given === undefined ? startOwnKafka() : useGiven(given.split(','))
}

export interface KafkaServerOptions {
  /** Also listens with TLS, for users with a password. @defaultValue false */
  readonly secure?: boolean
  /** A port that leads to the broker, where clients that came by it are sent on to. */
  readonly detour?: number
  /** Further settings, such as `{ 'group.min.session.timeout.ms': '1000' }`. */
  readonly settings?: { readonly [name: string]: string }
}

/** One that may be killed and restarted, whatever the environment names: broker and controller in one process. */
export async function startOwnKafka({
  secure = false,
  detour,
  settings = {},
}: KafkaServerOptions = {}): Promise<KafkaServer> {
  await fetchArchives()
  const folder = await mkdtemp(join(tmpdir(), 'makegood-kafka-'))
  const keeper = keeperOf(folder)
  const [plain, controller, safe, behind] = await freePorts(4)
  const ports = {
    ...{ plain: plain!, controller: controller!, safe: secure ? safe! : undefined },
    detour: detour === undefined ? undefined : { advertised: detour, target: behind! },
  }
  const properties = join(folder, 'server.properties')
  await writeFile(properties, propertiesOf(folder, ports, settings))
  if (secure) await makeCertificate(folder)
  await java('kafka.tools.StorageTool', 'format', '-t', 'makegoodmakegoodmakegA', '-c', properties)
  const server = await startProgram(
    {
      ...{ command: 'java', args: [...flags, 'kafka.Kafka', properties], folder, port: ports.plain },
      // Says so itself; before that its port may listen and answer nothing.
      serves: async () => (await saidIn(folder)).includes('Kafka Server started'),
    },
    keeper,
  )
  return {
    ...server,
    ...(ports.detour ? { detour: ports.detour } : {}),
    host: '127.0.0.1',
    port: ports.plain,
    brokers: [`127.0.0.1:${ports.plain}`],
    ...(secure
      ? {
          secure: {
            ...userOfTests,
            brokers: [`localhost:${safe}`],
            ca: await readFile(join(folder, 'ca.pem'), 'utf8'),
          },
        }
      : {}),
  }
}

export interface KafkaServer extends Restartable {
  readonly brokers: readonly string[]
  /** Of the only broker. */
  readonly host: string
  readonly port: number
  /** Where a detour has to lead to. */
  readonly detour?: { readonly target: number }
  /** How it is reached with TLS and a password, if it was started so. */
  readonly secure?: {
    readonly brokers: readonly string[]
    readonly username: string
    readonly password: string
    readonly ca: string
  }
}

const userOfTests = { username: 'saga_user', password: 'saga_password' }

/** A small heap, and no time spent on a program that lives for minutes. */
const flags = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(cache, '*')]

function useGiven(brokers: readonly string[]): KafkaServer {
  const [, host = '127.0.0.1', port = '9092'] = /^(.*):(\d+)$/.exec(brokers[0]!) ?? []
  return {
    ...{ brokers, host, port: Number(port) },
    ...notOurs('MAKEGOOD_TEST_KAFKA_BROKERS'),
    stop: async () => {},
  }
}

async function fetchArchives(): Promise<void> {
  if (!isFound('java')) throw new Error('Java is not installed.')
  if (existsSync(cache)) return
  if (!isFound('mvn')) throw new Error('Maven is not installed.')
  console.error(`» fetching Kafka for tests into ${cache} (44 MB, once)`)
  const arriving = `${cache}.${process.pid}`
  await mkdir(arriving, { recursive: true })
  const pom = fileURLToPath(new URL('kafka/pom.xml', import.meta.url))
  try {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${arriving}`]
    await run('mvn', ['-B', '-q', '-f', pom, ...goal], { timeout: 10 * 60_000, maxBuffer: 16 * 1024 * 1024 })
    // Whole or not at all: others may look at the same time.
    await rename(arriving, cache).catch(error => {
      if (!existsSync(cache)) throw error
    })
  } catch (error) {
    const { stdout = '' } = error as { readonly stdout?: string }
    throw new Error(`Maven could not fetch it (${/\[ERROR\] (.*)/.exec(stdout)?.[1] ?? String(error)}).`, {
      cause: error,
    })
  } finally {
    await rm(arriving, { recursive: true, force: true })
  }
}

interface Ports {
  readonly plain: number
  readonly controller: number
  readonly safe: number | undefined
  readonly detour: { readonly advertised: number; readonly target: number } | undefined
}

function propertiesOf(folder: string, ports: Ports, settings: { readonly [name: string]: string }): string {
  const { plain, controller, safe, detour } = ports
  const listeners = [
    { name: 'PLAINTEXT', listens: plain, is: plain },
    ...(safe === undefined ? [] : [{ name: 'SASL_SSL', listens: safe, is: safe }]),
    ...(detour ? [{ name: 'DETOUR', listens: detour.target, is: detour.advertised }] : []),
  ]
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: [
      ...listeners.map(({ name, listens }) => `${name}://127.0.0.1:${listens}`),
      `CONTROLLER://127.0.0.1:${controller}`,
    ].join(','),
    // By name for TLS, whose certificates have names.
    'advertised.listeners': listeners
      .map(({ name, is }) => `${name}://${name === 'SASL_SSL' ? 'localhost' : '127.0.0.1'}:${is}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,DETOUR:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    // One broker, and few groups.
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'auto.create.topics.enable': 'false',
    // Nobody waits for further members of a group, and a dead one is noticed soon.
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // One that was killed may come back as soon as it is not missed any more.
    'broker.session.timeout.ms': '1000',
    'broker.heartbeat.interval.ms': '250',
    ...(safe === undefined ? {} : securityIn(folder)),
    ...settings,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function securityIn(folder: string): { readonly [name: string]: string } {
  const { username, password } = userOfTests
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  return {
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${plain} required user_${username}="${password}";`,
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': join(folder, 'keys.p12'),
    'ssl.keystore.password': password,
  }
}

async function makeCertificate(folder: string): Promise<void> {
  const store = ['-keystore', join(folder, 'keys.p12'), '-storetype', 'PKCS12', '-storepass', userOfTests.password]
  const key = [
    '-alias',
    'broker',
    '-keyalg',
    'EC',
    '-dname',
    'CN=localhost',
    '-ext',
    'san=dns:localhost',
    '-validity',
    '7',
  ]
  await run('keytool', ['-genkeypair', ...store, ...key])
  await run('keytool', ['-exportcert', '-rfc', ...store, '-alias', 'broker', '-file', join(folder, 'ca.pem')])
}

async function java(...args: string[]): Promise<void> {
  await run('java', [...flags, ...args])
}

function isFound(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}
