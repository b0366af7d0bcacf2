import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { kubernetesFolder, kustomize, leftOut, ofKind, rendered, workloadsIn } from './kubernetes-manifest.ts'
import { madeOf } from './kubernetes-operators.ts'
import { processOf } from './kubernetes-process.ts'
import { rules } from './kubernetes-rules.ts'
import { faultsOf } from './kubernetes-schema.ts'

describe.skipIf(kustomize === undefined)(`the service of your own that the page shows${leftOut}`, () => {
  const folder = join(tmpdir(), `makegood-own-service-${process.pid}`)
  afterAll(() => rmSync(folder, { recursive: true }))
  const manifests = kustomize === undefined ? [] : renderedIn(folder)

  test('is as the schemas of its kinds have it', () => {
    expect(manifests.flatMap(manifest => faultsOf(manifest) ?? [])).toEqual([])
  })

  test.each(Object.entries(rules))('%s', (_sentence, offendersIn) => {
    expect(offendersIn(manifests)).toEqual([])
  })

  test('runs its own image, which finds its database and its broker in files', () => {
    const [service] = workloadsIn(manifests).filter(({ kind }) => kind === 'Deployment')
    expect(service!.pod.containers[0].image).toBe('registry.example.com/invoices:1.4.2')
    const { secrets } = madeOf(manifests)
    const { command, environment } = processOf(service!, secrets, join(folder, 'secrets'))
    expect(command).toEqual([])
    const read = (name: string) => readFileSync(environment[name]!, 'utf8')
    expect(read('DATABASE_URL_FILE')).toBe(secrets['invoices-db-app']!['uri'])
    expect(read('RABBITMQ_URL_FILE')).toBe(secrets['rabbitmq-default-user']!['connection_string'])
  })

  test('has its tables migrated by its own image, and is scaled by its own queue', () => {
    const [migration] = workloadsIn(manifests).filter(({ kind }) => kind === 'Job')
    expect(migration!.pod.containers[0].image).toBe('registry.example.com/invoices:1.4.2')
    const [scaled] = ofKind(manifests, 'ScaledObject')
    expect(scaled!.spec.triggers[1].metadata.queueName).toBe('invoices')
  })
})

/** The files that the page shows, each by the path in its first line, with the parts beside them. */
function renderedIn(folder: string) {
  const page = readFileSync(new URL('README.md', kubernetesFolder), 'utf8')
  for (const [, path, text] of page.matchAll(/^```yaml\n# (\S+)\n([^`]*)```$/gm)) {
    mkdirSync(dirname(join(folder, path!)), { recursive: true })
    writeFileSync(join(folder, path!), text!)
  }
  symlinkSync(fileURLToPath(new URL('parts', kubernetesFolder)), join(folder, 'parts'))
  return rendered(pathToFileURL(folder).href)
}
