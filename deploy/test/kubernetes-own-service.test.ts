import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { kubernetesFolder, kustomize, leftOut, ofKind, rendered, workloadsIn } from './kubernetes-manifest.ts'
import { lets } from './kubernetes-network.ts'
import { madeOf } from './kubernetes-operators.ts'
import { processOf } from './kubernetes-process.ts'
import { rules } from './kubernetes-rules.ts'
import { faultsOf } from './kubernetes-schema.ts'

/** As the page has it, and with the words of the other part in it. */
const brokers = [
  {
    part: 'rabbitmq',
    variable: 'RABBITMQ_URL_FILE',
    secret: 'rabbitmq-default-user',
    key: 'connection_string',
    port: 5672,
  },
  { part: 'queues', variable: 'QUEUES_DATABASE_URL_FILE', secret: 'queues-app', key: 'uri', port: 5432 },
] as const

describe.skipIf(kustomize === undefined).each(brokers)(
  `a service of your own, as the page shows, on $part${leftOut}`,
  broker => {
    const folder = join(tmpdir(), `makegood-own-service-${process.pid}-${broker.part}`)
    afterAll(() => rmSync(folder, { recursive: true }))
    const manifests = kustomize === undefined ? [] : renderedIn(folder, broker)
    const [service] = workloadsIn(manifests).filter(({ kind }) => kind === 'Deployment')
    const { secrets, pods } = madeOf(manifests)

    test('is as the schemas of its kinds have it', () => {
      expect(manifests.flatMap(manifest => faultsOf(manifest) ?? [])).toEqual([])
    })

    test.each(Object.entries(rules))('%s', (_sentence, offendersIn) => {
      expect(offendersIn(manifests)).toEqual([])
    })

    test('runs its own image, which finds its database and its broker in files', () => {
      expect(service!.pod.containers[0].image).toBe('registry.example.com/invoices:1.4.2')
      const { command, environment } = processOf(service!, secrets, join(folder, 'secrets'))
      expect(command).toEqual([])
      const read = (name: string) => readFileSync(environment[name]!, 'utf8')
      expect(read('DATABASE_URL_FILE')).toBe(secrets['invoices-db-app']!['uri'])
      expect(read(broker.variable)).toBe(secrets[broker.secret]![broker.key])
    })

    test('has its tables migrated by its own image', () => {
      const [migration] = workloadsIn(manifests).filter(({ kind }) => kind === 'Job')
      expect(migration!.pod.containers[0].image).toBe('registry.example.com/invoices:1.4.2')
    })

    test('speaks to both of its servers, of which KEDA asks the one with its queue', () => {
      const own = { namespace: 'billing', labels: service!.labels }
      const ways = pods.map(labels => {
        const [to, port] = [{ namespace: 'billing', labels }, 'cnpg.io/cluster' in labels ? 5432 : 5672]
        const keda = { namespace: 'keda', labels: {} }
        return [lets(manifests, 'billing', own, to, port), lets(manifests, 'billing', keda, to, port)]
      })
      expect(ways).toHaveLength(2)
      expect(ways).toEqual(
        expect.arrayContaining([
          [true, true],
          [true, false],
        ]),
      )
    })

    test('is scaled by its own queue', () => {
      const [, lag] = ofKind(manifests, 'ScaledObject')[0]!.spec.triggers
      if (broker.part === 'rabbitmq') return expect(lag.metadata.queueName).toBe('invoices')
      const [, table, column, queue] = /^select count\(\*\) from (\S+) where (\w+) = '(\w+)'$/.exec(lag.metadata.query)!
      expect(queue).toBe('invoices')
      const migrations = new URL('../../makegood/migrations/postgres-transport/', import.meta.url)
      const text = readdirSync(migrations)
        .map(file => readFileSync(new URL(file, migrations), 'utf8'))
        .join('')
      expect(text).toContain(`create table ${table} (\n  ${column} text`)
    })
  },
)

/** The files that the page shows, each by the path in its first line, with the parts beside them. */
function renderedIn(folder: string, { part, variable, key }: (typeof brokers)[number]) {
  const [known] = brokers
  const page = readFileSync(new URL('README.md', kubernetesFolder), 'utf8')
  for (const [, path, text] of page.matchAll(/^```yaml\n# (\S+)\n([^`]*)```$/gm)) {
    mkdirSync(dirname(join(folder, path!)), { recursive: true })
    const told = text!.replaceAll(known.variable, variable).replaceAll(known.key, key).replaceAll(known.part, part)
    writeFileSync(join(folder, path!), told)
  }
  symlinkSync(fileURLToPath(new URL('parts', kubernetesFolder)), join(folder, 'parts'))
  return rendered(pathToFileURL(folder).href)
}
