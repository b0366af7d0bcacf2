import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readImage } from './image.ts'

const image = readImage()

test('the image runs what npm start runs, without npm', () => {
  const start = readFileSync(new URL('../../scripts/start.mjs', import.meta.url), 'utf8')
  const [node, ...args] = image.entrypoint
  expect(node).toBe('node')
  expect(start).toContain(
    args
      .slice(0, -1)
      .map(arg => `'${arg}'`)
      .join(', '),
  )
  expect(start).toContain(`'${args.at(-1)}'`)
})

test('the image is made of one version of Node, and its user is not root', () => {
  expect(new Set(image.bases)).toEqual(new Set([expect.stringMatching(/^node:\d+\.\d+\.\d+-bookworm-slim$/)]))
  expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
})

test('the image asks whether a service lives, at the port that it is given', () => {
  expect(image.healthcheck).toEqual(['node', 'deploy/healthy.mjs', '/livez'])
  expect(image.environment['PORT']).toMatch(/^\d+$/)
})

test.each([
  [200, 0],
  [503, 1],
])('a service that answers %d ends the question with %d, and is heard', async (status, code) => {
  const server = createServer((request, response) => response.writeHead(status).end(`asked for ${request.url}`))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  expect(await asked(port, '/readyz')).toEqual({ code, said: 'asked for /readyz\n' })
  server.close()
})

test('where nobody answers is not healthy, and why', async () => {
  const { code, said } = await asked(1, '/livez')
  expect(code).toBe(1)
  expect(said).toContain('http://127.0.0.1:1/livez: ')
})

async function asked(port: number, path: string): Promise<{ code: number; said: string }> {
  const program = fileURLToPath(new URL('../healthy.mjs', import.meta.url))
  const child = spawn(process.execPath, [program, path], { env: { PORT: String(port) } })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  return { code, said }
}
