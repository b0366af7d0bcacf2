import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as credit from '../../systems/credit-choreography/main.ts'
import * as ecommerce from '../../systems/ecommerce/main.ts'
import * as kafka from '../../systems/kafka-orchestration/main.ts'
import * as outbox from '../../systems/outbox-choreography/main.ts'
import { Environment } from '../../systems/runner/environment.ts'
import { unstarted } from '../../systems/runner/unstarted.ts'
import * as topic from '../../systems/topic-orchestration/main.ts'
import { type ComposeService, composeFolder, readComposeFile } from './compose-file.ts'
import { containedService } from './contained-service.ts'

/** Of whoever starts it and wants to look after it. */
const shell = { OPERATIONS: 'on', OPERATIONS_TOKENS: 'ada:operator:a-token-of-at-least-32-characters' }

describe.each([
  ['ecommerce', ecommerce.system],
  ['credit-choreography', credit.system],
  ['kafka-orchestration', kafka.system],
  ['outbox-choreography', outbox.system],
  ['topic-orchestration', topic.system],
])('%s.yaml', (name, load) => {
  const file = readComposeFile(`${name}.yaml`, shell)
  const { services } = file
  const ours = Object.entries(services).filter(([, { build }]) => build !== undefined)
  const system = load(new Environment({}))
  const contained = () =>
    Promise.all(ours.map(async ([, service]) => ({ service, ...(await containedService(load, service)) })))

  test('is a project of the name of its system', () => {
    expect(file.name).toBe(name)
  })

  test('has a container for every service, which runs that and nothing else', () => {
    const hosted = system.services.filter(spec => !('adminPort' in spec))
    expect(ours.map(([container]) => container).sort()).toEqual(hosted.map(spec => spec.name).sort())
    for (const [container, { command }] of ours) expect(command).toEqual([name, '--servers', '--service', container])
    for (const spec of system.services) expect(services).toHaveProperty(spec.name)
  })

  test('sets no variable that its service does not read', async () => {
    for (const { spec, service, read } of await contained())
      expect([...read], spec.name).toEqual(expect.arrayContaining(Object.keys(service.environment)))
  })

  test('tells each service a database that there is, and who may use it', async () => {
    for (const { spec, database } of await contained()) {
      const { host, port, user, password } = database
      expect(accountOf(services[host]), spec.name).toEqual({ port, user, password })
    }
  })

  test('tells each service a broker that there is, and who may use it', async () => {
    for (const { service, broker } of await contained()) {
      if ('connect' in broker) {
        expect(service.environment['SPRING_KAFKA_BOOTSTRAP_SERVERS']).toBe('kafka:9092')
        expect(services['kafka']?.environment['KAFKA_ADVERTISED_LISTENERS']).toContain('//kafka:9092')
      } else {
        const { hosts, port, user, password, vhost } = broker
        const { environment } = services[hosts[0]!]!
        expect(port).toBe(5672)
        expect({ user, password, vhost }).toEqual({
          user: environment['RABBITMQ_DEFAULT_USER'],
          password: environment['RABBITMQ_DEFAULT_PASS'],
          vhost: environment['RABBITMQ_DEFAULT_VHOST'] ?? '/',
        })
      }
    }
  })

  test('starts a service when its own servers are healthy', async () => {
    for (const { spec, service, database, broker } of await contained()) {
      const servers = [database.host, ...('connect' in broker ? ['kafka'] : broker.hosts)]
      const condition = 'service_healthy'
      expect(service.dependsOn, spec.name).toEqual(servers.map(name => ({ name, condition })))
      for (const { name } of service.dependsOn) expect(services[name]?.healthcheck, name).not.toEqual([])
    }
  })

  test('tells a service of another at an address where that listens', async () => {
    const listening = (await contained()).map(({ spec, port }) => `http://${spec.name}:${port}`)
    const told = ours.flatMap(([, { environment }]) => Object.values(environment)).filter(text => /^https?:/.test(text))
    expect(listening).toEqual(expect.arrayContaining(told))
  })

  test('asks a service how it is at a path that it has', async () => {
    for (const { spec, service } of await contained()) {
      const [how, node, program, url] = service.healthcheck
      expect([how, node, program]).toEqual(['CMD', 'node', 'deploy/healthy.mjs'])
      const hasRoute = await unstarted([spec], ([part]) => part!.app.hasRoute({ method: 'GET', url: url! }))
      expect(hasRoute, `${spec.name} ${url}`).toBe(true)
    }
  })

  test('lets a service write to no disk, and be no more than it is', () => {
    for (const [, { isReadOnly, confinement }] of ours) {
      expect(isReadOnly).toBe(true)
      expect(confinement).toEqual(['DROP ALL', 'no-new-privileges:true'])
    }
  })
})

const files = readdirSync(composeFolder).filter(name => name.endsWith('.yaml') && name !== 'parts.yaml')

describe.each(files)('%s', name => {
  const file = readComposeFile(name)
  const containers = Object.values(file.services)

  test('names each image to its version, and one of ours to where it is made', () => {
    for (const { image, build } of containers) {
      expect(image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?$/)
      if (build === undefined) continue
      expect(new URL(`${build.context}/${build.dockerfile}`, composeFolder).pathname).toMatch(/\/deploy\/Dockerfile$/)
      expect(readFileSync(new URL(`${build.context}/${build.dockerfile}`, composeFolder), 'utf8')).toContain('FROM')
    }
  })

  test('shows its ports to this machine alone, each of them once', () => {
    const ports = containers.flatMap(({ ports }) => ports)
    expect(ports.map(({ host }) => host)).toEqual(ports.map(() => '127.0.0.1'))
    expect(new Set(ports.map(({ published }) => published)).size).toBe(ports.length)
  })

  test('keeps what databases and brokers write in volumes of their own', () => {
    const mounted = containers.flatMap(({ mounts }) => mounts.filter(mount => !mount.startsWith('.')))
    expect(mounted.sort()).toEqual([...file.volumes].sort())
    for (const { image, mounts } of containers)
      if (/^(postgres|mysql|rabbitmq|apache\/kafka):/.test(image)) expect(mounts).toHaveLength(1)
  })

  test('mounts files that there are', () => {
    for (const mount of containers.flatMap(({ mounts }) => mounts.filter(mount => mount.startsWith('.'))))
      expect(readFileSync(new URL(mount, composeFolder), 'utf8'), mount).not.toBe('')
  })
})

describe('the documented ports', () => {
  test.each([
    ['ecommerce', { 5432: 'postgres', 5672: 'rabbitmq', 15672: 'rabbitmq' }],
    ['infrastructure', { 5432: 'postgres', 5672: 'rabbitmq', 15672: 'rabbitmq' }],
    ['credit-choreography', { 5431: 'order-db', 5433: 'customer-db', 5671: 'rabbitmq', 15672: 'rabbitmq' }],
    ['kafka-orchestration', { 3306: 'order-db', 5434: 'stock-db', 5433: 'payment-db', 29092: 'kafka' }],
    ['outbox-choreography', { 5672: 'rabbitmq', 15672: 'rabbitmq', 61613: 'rabbitmq', 8443: 'gateway' }],
    ['topic-orchestration', { 5454: 'db', 5672: 'rabbitmq', 15672: 'rabbitmq' }],
  ])('of the servers of %s are theirs', (name, documented) => {
    const published = Object.entries(readComposeFile(`${name}.yaml`).services).flatMap(([container, { ports }]) =>
      ports.map(({ published }) => [String(published), container] as const),
    )
    expect(Object.fromEntries(published)).toMatchObject(documented)
  })

  test.each([
    ['credit-choreography', credit.system],
    ['kafka-orchestration', kafka.system],
    ['outbox-choreography', outbox.system],
    ['topic-orchestration', topic.system],
  ])('of the services of %s lead to where these listen', async (name, load) => {
    const { services } = readComposeFile(`${name}.yaml`)
    for (const spec of load(new Environment({})).services) {
      const container = services[spec.name]!
      const published = container.ports.map(({ published, target }) => ({ published, target }))
      if ('adminPort' in spec)
        expect(published.map(({ published }) => published)).toEqual(expect.arrayContaining([spec.port, spec.adminPort]))
      else expect(published).toEqual([{ published: spec.port, target: (await containedService(load, container)).port }])
    }
  })
})

describe('ecommerce, with any number of containers of a service', () => {
  const { services } = readComposeFile('ecommerce.yaml')
  const entrance = readFileSync(new URL('ecommerce.haproxy.cfg', composeFolder), 'utf8')

  test('has neither names nor ports that only one of them could have', () => {
    for (const [, { ports, containerName }] of Object.entries(services).filter(([, { build }]) => build !== undefined))
      expect({ ports, containerName }).toEqual({ ports: [], containerName: undefined })
  })

  test('has the documented ports in front of them, and the orchestrator behind', async () => {
    const { ports } = services['entrance']!
    const reached = [...entrance.matchAll(/^ {2}bind :(\d+)\n {2}server-template \S+ \d+ (\S+):(\d+)$/gm)]
    const shown = ecommerce.system(new Environment({})).services.filter(({ name }) => name !== 'saga-orchestrator')
    expect(reached).toHaveLength(shown.length)
    for (const [at, { name, port }] of shown.entries()) {
      expect(ports[at]).toEqual({ host: '127.0.0.1', published: port, target: port })
      const listens = (await containedService(ecommerce.system, services[name]!)).port
      expect(reached[at]!.slice(1)).toEqual([String(port), name, String(listens)])
    }
  })

  test('gives work to those that are ready', () => {
    expect(entrance).toContain('http-check send meth GET uri /readyz')
    expect(entrance).toMatch(/default-server check /)
  })
})

/** Where a database's container listens, and whom it lets in. */
function accountOf(container: ComposeService | undefined) {
  if (container === undefined) return undefined
  const { image, environment } = container
  return image.startsWith('mysql:')
    ? { port: 3306, user: 'root', password: environment['MYSQL_ROOT_PASSWORD'] }
    : { port: 5432, user: environment['POSTGRES_USER'], password: environment['POSTGRES_PASSWORD'] }
}
