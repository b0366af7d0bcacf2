import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { gateway } from '../../systems/outbox-choreography/gateway/gateway.ts'
import { readKongFile } from '../../systems/outbox-choreography/gateway/kong-file.ts'
import { system } from '../../systems/outbox-choreography/main.ts'
import { quiet } from '../../systems/runner/quiet.ts'
import { composeFolder, readComposeFile } from './compose-file.ts'
import { containedService } from './contained-service.ts'

const { services } = readComposeFile('outbox-choreography.yaml')
const kong = services['gateway']!

test('Kong is given the routes that the gateway of the system has', async () => {
  const [file] = kong.mounts
  const { admin, proxy } = gateway({ log: quiet })
  const { data } = (await admin.inject('/routes')).json<{ readonly data: readonly Route[] }>()
  const given = readKongFile(fileURLToPath(new URL(file!, composeFolder))).services
  expect(data).toEqual(given.flatMap(({ name, routes }) => routes.map(route => ({ ...route, service: { name } }))))
  await Promise.all([admin.close(), proxy.close()])
})

interface Route {
  readonly paths: readonly string[]
}

test('Kong finds each service where its container listens', async () => {
  const given = readKongFile(fileURLToPath(new URL(kong.mounts[0]!, composeFolder))).services
  for (const { name, url } of given) {
    const { port } = await containedService(system, services[name]!)
    expect(url).toBe(`http://${name}:${port}`)
  }
})

test('Kong needs no database', () => {
  expect(kong.environment).toMatchObject({ KONG_DATABASE: 'off', KONG_DECLARATIVE_CONFIG: '/kong/kong.yml' })
})
