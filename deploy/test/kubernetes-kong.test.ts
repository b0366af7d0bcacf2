import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readKongFile } from '../../systems/outbox-choreography/gateway/kong-file.ts'
import { pluginFaults } from './kong-schema.ts'
import { kustomize, leftOut, type Manifest, ofKind, rendered } from './kubernetes-manifest.ts'

/** Kong is told the same by its Ingress Controller as by its file. */
describe.skipIf(kustomize === undefined)(`Kong's Ingress of outbox-choreography${leftOut}`, () => {
  const manifests = kustomize === undefined ? [] : rendered('outbox-choreography/production')
  const file = readKongFile(fileURLToPath(new URL('../../systems/outbox-choreography/kong.yml', import.meta.url)))
  const [ingress] = ofKind(manifests, 'Ingress')
  const plugins = ofKind(manifests, 'KongPlugin') as readonly KongPlugin[]
  const services = new Map(ofKind(manifests, 'Service').map(service => [service.metadata.name, service]))

  test('has the routes of the file, and takes off what leads to a service', () => {
    const [{ http }] = ingress!.spec.rules
    const routes = http.paths.map(({ path, pathType, backend }: any) => [path, pathType, backend.service.name])
    const wanted = file.services.flatMap(({ name, routes }) =>
      routes.flatMap(({ paths }) => paths.map(path => [path, name])),
    )
    expect(routes).toEqual(wanted.map(([path, name]) => [path, 'ImplementationSpecific', name]))
    expect(ingress!.metadata.annotations).toMatchObject({ 'konghq.com/strip-path': 'true' })
    expect(file.services.flatMap(({ routes }) => routes).every(route => route.strip_path)).toBe(true)
  })

  test('finds each service where the file says', () => {
    const [{ http }] = ingress!.spec.rules
    for (const { backend } of http.paths) {
      const { name, port } = backend.service
      const { ports } = services.get(name)!.spec
      const listens = ports.find((each: any) => each.name === port.name).port
      expect(`http://${name}:${listens}`).toBe(file.services.find(service => service.name === name)!.url)
    }
  })

  test('waits for a service as long as the file says, and asks once', () => {
    for (const { name, connect_timeout, read_timeout, retries } of file.services)
      expect(services.get(name)!.metadata.annotations).toMatchObject({
        'konghq.com/connect-timeout': String(connect_timeout),
        'konghq.com/read-timeout': String(read_timeout),
        'konghq.com/retries': String(retries),
      })
  })

  test('has the plugins of the file, set as they are there', () => {
    const told = plugins.map(({ plugin, config }) => ({ name: plugin, config }))
    expect(told.sort(byName)).toEqual([...file.plugins].sort(byName))
    expect(told.flatMap(pluginFaults)).toEqual([])
    const used = ingress!.metadata.annotations!['konghq.com/plugins']!.split(/,\s*/)
    expect(used.sort()).toEqual(plugins.map(({ metadata }) => metadata.name))
  })
})

interface KongPlugin extends Manifest {
  readonly plugin: string
  readonly config: object
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name.localeCompare(other.name)
}
