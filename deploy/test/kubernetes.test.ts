import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import * as credit from '../../systems/credit-choreography/main.ts'
import { trackerWire as creditWire } from '../../systems/credit-choreography/wire.ts'
import * as ecommerce from '../../systems/ecommerce/main.ts'
import { documentedWire as ecommerceWire } from '../../systems/ecommerce/wire.ts'
import * as kafka from '../../systems/kafka-orchestration/main.ts'
import { documentedWire as kafkaWire } from '../../systems/kafka-orchestration/wire.ts'
import * as outbox from '../../systems/outbox-choreography/main.ts'
import { trackerWire as outboxWire } from '../../systems/outbox-choreography/wire.ts'
import { Environment } from '../../systems/runner/environment.ts'
import { unstarted } from '../../systems/runner/unstarted.ts'
import * as topic from '../../systems/topic-orchestration/main.ts'
import { documentedWire as topicWire } from '../../systems/topic-orchestration/wire.ts'
import { type ContainedService, containedService } from './contained-service.ts'
import { readImage } from './image.ts'
import {
  kubernetesFolder,
  kustomize,
  leftOut,
  type Manifest,
  ofKind,
  rendered,
  type Workload,
  workloadsIn,
} from './kubernetes-manifest.ts'
import { lets, type Peer } from './kubernetes-network.ts'
import { byHand, madeOf, sizesIn } from './kubernetes-operators.ts'
import { type Process, processOf } from './kubernetes-process.ts'
import { rules } from './kubernetes-rules.ts'
import { faultsOf } from './kubernetes-schema.ts'

const systems = {
  ecommerce: { load: ecommerce.system, wire: ecommerceWire('saga.events') },
  'credit-choreography': { load: credit.system, wire: creditWire },
  'kafka-orchestration': { load: kafka.system, wire: kafkaWire },
  'outbox-choreography': { load: outbox.system, wire: outboxWire },
  'topic-orchestration': { load: topic.system, wire: topicWire },
}

/** Those of operators whose definitions are in no package that could be had. */
const withoutSchema = ['RabbitmqCluster', 'Kafka', 'KafkaNodePool', 'KongPlugin']

test('every system has its overlays, and there are no others', () => {
  const folders = readdirSync(kubernetesFolder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  expect(folders.map(({ name }) => name).sort()).toEqual([...Object.keys(systems), 'parts'].sort())
})

const overlays = Object.keys(systems).flatMap(name =>
  ['local', 'production'].map(overlay => [name as keyof typeof systems, overlay] as const),
)

describe.skipIf(kustomize === undefined).each(overlays)(`%s/%s${leftOut}`, (name, overlay) => {
  const manifests = kustomize === undefined ? [] : rendered(`${name}/${overlay}`)
  const { load, wire } = systems[name]
  const system = load(new Environment({}))
  const { secrets, services: madeServices, pods, policies } = madeOf(manifests)
  const folder = join(tmpdir(), `makegood-${process.pid}-${name}-${overlay}`)
  afterAll(() => rmSync(folder, { recursive: true }))

  const deployments = workloadsIn(manifests).filter(({ kind }) => kind === 'Deployment')
  let all: Promise<readonly Contained[]> | undefined
  const contained = () => {
    all ??= Promise.all(deployments.map(containedIn))
    return all
  }

  test('is as the schemas of its kinds have it', () => {
    const faults = manifests.flatMap(manifest => {
      const { kind, metadata } = manifest
      const found = faultsOf(manifest) ?? (withoutSchema.includes(kind) ? [] : ['There is no schema of it'])
      return found.map(fault => `${kind} ${metadata.name}: ${fault}`)
    })
    expect(faults).toEqual([])
  })

  test.each(Object.entries(rules))('%s', (_sentence, offendersIn) => {
    expect(offendersIn(manifests)).toEqual([])
  })

  test('has a Deployment for every service, which runs that and nothing else, as the image does', async () => {
    const hosted = system.services.filter(spec => !('adminPort' in spec))
    expect(deployments.map(({ name }) => name).sort()).toEqual(hosted.map(spec => spec.name).sort())
    for (const { workload, command } of await contained()) {
      expect(command).toEqual([name, '--servers', '--service', workload.name])
      expect(workload.pod.containers[0].command).toBeUndefined()
      expect(`${workload.pod.securityContext.runAsUser}:${workload.pod.securityContext.runAsGroup}`).toBe(
        readImage().user,
      )
    }
  })

  test('has a Service for every service, at the documented port, which leads to where that listens', async () => {
    for (const { spec, port, workload } of await contained()) {
      const [found] = ofKind(manifests, 'Service').filter(({ metadata }) => metadata.name === spec.name)
      expect(found?.spec.ports).toEqual([{ name: 'http', port: spec.port, targetPort: 'http' }])
      expect(workload.pod.containers[0].ports).toEqual([{ name: 'http', containerPort: port }])
    }
  })

  test('sets no variable that its service does not read', async () => {
    for (const { spec, environment, named, read } of await contained())
      expect([...read, ...named], spec.name).toEqual(expect.arrayContaining(Object.keys(environment)))
  })

  test('tells each service a database of its own, and who may use it', async () => {
    for (const { spec, database } of await contained()) {
      const { username: user, password, dbname } = secrets[`${spec.name}-db-app`]!
      expect({ ...database, host: placeOf(database.host) }, spec.name).toMatchObject({
        ...{ host: `${spec.name}-db-rw`, port: 5432, user, password, database: dbname },
      })
    }
  })

  test('tells each service the broker that there is, and who may use it', async () => {
    for (const { environment, broker } of await contained()) {
      if ('connect' in broker) {
        const [host, port] = environment['SPRING_KAFKA_BOOTSTRAP_SERVERS']!.split(':')
        expect(madeServices).toContain(placeOf(host!))
        expect(port).toBe('9092')
      } else {
        const { host, username: user, password } = secrets['rabbitmq-default-user']!
        expect(broker).toMatchObject({ hosts: [host], port: 5672, user, password, vhost: '/' })
        expect(madeServices).toContain(placeOf(host!))
      }
    }
  })

  test('lets each service speak to its database, its broker and whom it asks, and to nobody else', async () => {
    const ports = [5432, 5672, 8000, 9092, 15672, 25672, 443]
    for (const { spec, workload, environment, broker } of await contained()) {
      const asked = Object.values(environment).flatMap(value => /^http:\/\/([\w-]+):/.exec(value)?.[1] ?? [])
      const brokerPort = 'connect' in broker ? 9092 : 5672
      const found = [...deployments.map(({ labels }) => labels), ...pods].flatMap(labels =>
        ports
          .filter(port => may(peer(workload), { namespace: name, labels }, port))
          .map(port => `${nameOf(labels)}:${port}`),
      )
      const wanted = [`${spec.name}-db:5432`, `broker:${brokerPort}`, ...asked.map(service => `${service}:8000`)]
      expect(found.sort(), spec.name).toEqual(wanted.sort())
    }
  })

  test('lets in requests from entrances, and not to what nobody outside is to ask', async () => {
    const entrance = { namespace: 'kong', labels: {} }
    const hidden = name === 'ecommerce' ? ['saga-orchestrator'] : []
    for (const workload of deployments) {
      expect(may(entrance, peer(workload), 8000), workload.name).toBe(!hidden.includes(workload.name))
      expect(may({ namespace: 'elsewhere', labels: {} }, peer(workload), 8000), workload.name).toBe(false)
      expect(may({ namespace: 'monitoring', labels: {} }, peer(workload), 8000), workload.name).toBe(true)
    }
    for (const labels of pods)
      for (const port of [5432, 5672, 9092]) expect(may(entrance, { namespace: name, labels }, port)).toBe(false)
  })

  test('lets databases and brokers be as many as they are, be looked after, and be asked how much waits', () => {
    const dns = { namespace: 'kube-system', labels: {} }
    for (const labels of pods) {
      const own = { namespace: name, labels }
      expect(may(own, dns, 53)).toBe(true)
      for (const [namespace, ports] of Object.entries(visitorsOf(labels)))
        for (const port of ports) {
          const visitor = namespace === 'itself' ? own : { namespace, labels: {} }
          expect(may(visitor, own, port), `${namespace} at ${nameOf(labels)}:${port}`).toBe(true)
        }
    }
    for (const workload of workloadsIn(manifests)) expect(may(peer(workload), dns, 53)).toBe(true)
  })

  test('asks a service how it is at paths that it has, and scales it by the queues that it takes from', async () => {
    for (const { spec, workload } of await contained()) {
      const [container] = workload.pod.containers
      const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'].map(probe => container[probe].httpGet.path)
      const queues = await unstarted([spec], ([part]) => {
        for (const url of [...probes, '/metrics'])
          expect(part!.app.hasRoute({ method: 'GET', url }), `${spec.name} ${url}`).toBe(true)
        return part!.services.map(service => wire.queueOf(service.name)!.name)
      })

      const scaled = ofKind(manifests, 'ScaledObject').find(({ metadata }) => metadata.name === spec.name)
      const lags = scaled?.spec.triggers.filter(({ type }: any) => type !== 'cpu')
      expect(lags?.map(({ metadata }: any) => metadata.queueName ?? metadata.consumerGroup) ?? queues).toEqual(queues)
      if (overlay === 'production') expect(scaled, spec.name).toBeDefined()
    }
  })

  test('has three of each server where it is to go on without one, and one elsewhere', () => {
    expect(new Set(sizesIn(manifests))).toEqual(new Set([overlay === 'production' ? 3 : 1]))
    const replicas = ofKind(manifests, 'Kafka').map(({ spec }) => spec.kafka.config['default.replication.factor'])
    for (const factor of replicas) expect(factor).toBe(overlay === 'production' ? 3 : 1)
  })

  test('migrates the database of each service, and is told by its exit codes what to do again', () => {
    const jobs = workloadsIn(manifests).filter(({ kind }) => kind === 'Job')
    expect(jobs.map(({ name }) => name)).toEqual(deployments.map(({ name }) => `${name}-migration`))
    for (const [at, job] of jobs.entries()) {
      const { command, environment } = processOf(job, secrets, folder)
      expect(command).toEqual(['migrate', '--service', deployments[at]!.name])
      const url = readFileSync(environment['DATABASE_URL_FILE']!, 'utf8')
      expect(url).toBe(secrets[`${deployments[at]!.name}-db-app`]!['uri'])
      expect(job.pod.containers[0].image).toBe(deployments[at]!.pod.containers[0].image)
      const database = { namespace: name, labels: { 'cnpg.io/cluster': `${deployments[at]!.name}-db` } }
      expect(may(peer(job), database, 5432)).toBe(true)
    }
  })

  async function containedIn(workload: Workload): Promise<Contained> {
    const started = processOf(workload, secrets, folder)
    return { workload, ...started, ...(await containedService(load, started)) }
  }

  function may(from: Peer, to: Peer, port: number): boolean {
    return lets([...manifests, ...policies], name, from, to, port)
  }

  function peer({ labels }: Workload): Peer {
    return { namespace: name, labels }
  }

  /** A Service, which may be called with its namespace behind. */
  function placeOf(host: string): string {
    return host.replace(new RegExp(`\\.${name}(\\.svc)?$`), '')
  }
})

test('a migration that cannot reach its database is to be tried again, and one that is told a wrong one is not', {
  timeout: 180_000,
}, () => {
  const migrate = (url: string) => {
    const program = fileURLToPath(new URL('../../node_modules/makegood/bin/makegood.mjs', import.meta.url))
    const env = { ...process.env, DATABASE_URL: url }
    return spawnSync(process.execPath, [program, 'migrate', '--service', 'order-service'], { env }).status
  }
  expect(migrate('postgres://app:app@127.0.0.1:1/app')).toBe(3)
  expect(migrate('order-service-db')).toBe(2)
  const job = readFileSync(new URL('parts/service/migration.yaml', kubernetesFolder), 'utf8')
  expect(job).toContain('operator: In, values: [1, 2]')
  expect(job).toContain('command: [node, node_modules/makegood/bin/makegood.mjs]')
})

test('the page says how the secrets are made that no operator makes', () => {
  const page = readFileSync(new URL('README.md', kubernetesFolder), 'utf8')
  for (const [name, secret] of Object.entries(byHand)) {
    expect(page).toContain(`create secret generic ${name}`)
    for (const key of Object.keys(secret)) expect(page).toMatch(new RegExp(`--from-(file|literal)=${key}=`))
  }
})

interface Contained extends Process, ContainedService {
  readonly workload: Workload
}

/** Who is behind labels, in a word. */
function nameOf(labels: Manifest['metadata']['labels'] = {}): string {
  const cluster = labels['cnpg.io/cluster']
  if (cluster !== undefined) return cluster
  return labels['app.kubernetes.io/component'] === 'service' ? labels['app.kubernetes.io/name']! : 'broker'
}

/** Who comes to a server from where, beside its services, and at which ports. */
function visitorsOf(labels: Manifest['metadata']['labels'] = {}): { readonly [namespace: string]: readonly number[] } {
  if (labels['cnpg.io/cluster'] !== undefined)
    return { itself: [5432, 8000], 'cnpg-system': [5432, 8000], monitoring: [9187] }
  if (labels['strimzi.io/cluster'] !== undefined) return { itself: [9090, 9091], keda: [9092] }
  return { itself: [4369, 25672], keda: [5672], monitoring: [15692] }
}
