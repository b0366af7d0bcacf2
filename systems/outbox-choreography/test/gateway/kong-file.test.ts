import { describe, expect, test } from 'vitest'
import { readKongFile } from '../../gateway/kong-file.ts'
import { ask, echo, fileWith, running } from './gateway-rig.ts'

const sound = `_format_version: "3.0"
services:
  - name: order
    url: http://order:8000
    retries: 0
    routes:
      - name: order
        paths: [/order/]
plugins:
  - name: request-size-limiting
    config: { allowed_payload_size: 1 }
`

describe("the system's own file", () => {
  test('sends each documented prefix to the service that is to answer it', async () => {
    const services = { order: await echo(), stock: await echo(), payment: await echo() }
    const upstreams = Object.fromEntries(Object.entries(services).map(([host, { url }]) => [host, url]))
    const { url } = await running({ upstreams })
    for (const [name, service] of Object.entries(services)) {
      const answer = await ask(url, `/${name}/api/v1/things/?page=1`)
      expect(answer.json()).toMatchObject({
        url: '/api/v1/things/?page=1',
        headers: { host: new URL(service.url).host },
      })
    }
  })

  test.each(['/', '/order', '/orders/', '/Order/', '/elsewhere', '/order%2F'])('has no route for %s', async path => {
    const { status, json } = await ask((await running()).url, path)
    expect(status).toBe(404)
    expect(json()).toEqual({ message: 'no Route matched with those values' })
  })

  test('a path that cannot be decoded is 400 in the same shape', async () => {
    const { status, json } = await ask((await running()).url, '/order/%zz')
    expect(status).toBe(400)
    expect(json()).toEqual({ message: expect.any(String) })
  })
})

describe('what the file leaves open', () => {
  const routed = (routes: string, url: string) =>
    sound.replace(/routes:[\s\S]*plugins:/, `routes: ${routes}\nplugins:`).replace('http://order:8000', url)

  test('the longest of the paths that match is taken', async () => {
    const routes = '[{ name: a, paths: [/a], strip_path: false }, { name: b, paths: [/a/b] }]'
    const { url } = await running({ yaml: routed(routes, (await echo()).url) })
    expect((await ask(url, '/a/b/c')).json().url).toBe('/c')
    expect((await ask(url, '/a/c')).json().url).toBe('/a/c')
  })

  test('a prefix ends where it ends, as with Kong', async () => {
    const { url } = await running({ yaml: routed('[{ name: a, paths: [/a] }]', (await echo()).url) })
    expect((await ask(url, '/a')).json().url).toBe('/')
    expect((await ask(url, '/a?x=1')).json().url).toBe('/?x=1')
    expect((await ask(url, '/ab/c')).json().url).toBe('/b/c')
  })
})

describe('what is wrong with it is one sentence', () => {
  test.each([
    ['no YAML', sound.replace('[/order/]', '[/order/'), /^kong\.yml, line 9, column 1: Flow sequence .*\.$/],
    [
      'a field twice',
      sound.replace('retries: 0', 'retries: 0\n    retries: 0'),
      'kong.yml, line 6, column 5: Map keys must be unique.',
    ],
    ['nothing in it', '', 'kong.yml, line 1, column 1: the file must be object.'],
    [
      'an alias',
      sound.replace('http://order:8000', '*url'),
      'kong.yml, line 4, column 10: aliases (*url) are not followed here.',
    ],
    ['another version', sound.replace('3.0', '2.1'), 'kong.yml, line 1, column 1: _format_version must be 3.0.'],
    [
      'a field of the file',
      `${sound}consumers: []\n`,
      'kong.yml, line 12, column 1: consumers is not a field that this gateway knows.',
    ],
    [
      'a field of a service',
      sound.replace('retries: 0', 'retries: 0\n    tls_verify: true'),
      'kong.yml, line 6, column 5: services[0].tls_verify is not a field that this gateway knows.',
    ],
    [
      'a field of a route',
      sound.replace('paths', 'hosts: [a]\n        paths'),
      'kong.yml, line 8, column 9: services[0].routes[0].hosts is not a field that this gateway knows.',
    ],
    [
      'a plugin',
      sound.replace('request-size-limiting', 'jwt'),
      'kong.yml, line 10, column 5: the plugin jwt is none of those that this gateway has: correlation-id, cors, request-size-limiting, rate-limiting.',
    ],
    [
      'a field of a plugin',
      sound.replace('size: 1', 'size: 1, require_content_length: true'),
      'kong.yml, line 11, column 40: plugins[0].config.require_content_length is not a field that this gateway knows.',
    ],
    [
      'a value of a plugin',
      sound.replace('size: 1', 'size: none'),
      'kong.yml, line 11, column 15: plugins[0].config.allowed_payload_size must be integer.',
    ],
    [
      'a regular expression',
      sound.replace('[/order/]', '[/x, ~/order]'),
      'kong.yml, line 8, column 21: services[0].routes[0].paths[1] must match pattern "^/".',
    ],
    [
      'a rate limit without a limit',
      `${sound}  - name: rate-limiting\n    config: { policy: local }\n`,
      'kong.yml, line 13, column 5: plugins[1].config must have required properties minute.',
    ],
    [
      'a path twice',
      sound.replace('[/order/]', '[/order/, /order/]'),
      'kong.yml, line 8, column 26: /order/ is there already.',
    ],
    [
      'a port that there is not',
      sound.replace('8000', '80000'),
      'kong.yml, line 4, column 5: http://order:80000 is no address.',
    ],
    [
      'retries',
      sound.replace('retries: 0', 'retries: 5'),
      'kong.yml, line 5, column 5: services[0].retries must be 0.',
    ],
    [
      'what is missing',
      sound.replace('    retries: 0\n', ''),
      'kong.yml, line 3, column 5: services[0] must have required properties retries.',
    ],
    [
      'a name twice',
      `${sound}  - name: request-size-limiting\n    config: { allowed_payload_size: 2 }\n`,
      'kong.yml, line 12, column 5: request-size-limiting is there already.',
    ],
  ])('%s', (_name, yaml, says) => {
    expect(() => readKongFile(fileWith(yaml))).toThrow(says)
  })

  test('that it is not there', () => {
    expect(() => readKongFile('/nowhere/kong.yml')).toThrow(
      /^The gateway's file \/nowhere\/kong\.yml cannot be read: .*\.$/,
    )
  })
})
