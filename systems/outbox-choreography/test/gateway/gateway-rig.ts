import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import http, { type IncomingMessage, type RequestOptions, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { gateway } from '../../gateway/gateway.ts'

const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(endings.splice(0).map(end => end()))
})

/** A service for the gateway to stand before; what it is asked, it answers with `answer`. */
export async function upstream(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Upstream> {
  const server = http.createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

export interface Upstream {
  readonly url: string
  readonly server: Server
}

/** A service that says what it was asked. */
export function echo(): Promise<Upstream> {
  return upstream(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method, url, headers } = request
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
  })
}

export interface Echoed {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** A gateway that runs with a file of these lines, or with the system's own. */
export async function running(options: { yaml?: string; upstreams?: { [host: string]: string } } = {}) {
  const { yaml, upstreams = {} } = options
  const warnings: object[] = []
  const heard = (fields: object) => void warnings.push(fields)
  const { proxy, admin } = gateway({
    ...(yaml === undefined ? {} : { file: fileWith(yaml) }),
    upstreams,
    log: { debug: () => {}, info: () => {}, warn: heard, error: heard },
  })
  endings.push(() => Promise.all([proxy.close(), admin.close()]))
  return {
    proxy,
    admin,
    warnings,
    url: await proxy.listen({ host: '127.0.0.1', port: 0 }),
    adminUrl: await admin.listen({ host: '127.0.0.1', port: 0 }),
  }
}

/** A file with one service behind `/order/`, and whatever else is to be in it. */
export function orderAt(url: string, { timeouts = '', plugins = '' } = {}): string {
  return `_format_version: "3.0"
services:
  - name: order
    url: ${url}
    retries: 0
    ${timeouts}
    routes:
      - name: order
        paths: [/order/]
plugins: [${plugins}]
`
}

export function fileWith(yaml: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'gateway-')), 'kong.yml')
  writeFileSync(file, yaml)
  return file
}

/** Asks with nothing added and nothing tidied up on the way, as `fetch` would do. */
export async function ask(url: string, path: string, options: RequestOptions & { body?: string } = {}) {
  const { body, ...others } = options
  const { hostname, port } = new URL(url)
  const request = http.request({ hostname, port, path, agent: false, ...others })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return { status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) }
}
