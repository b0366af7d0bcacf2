import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readImage } from './image.ts'
import { makeImageFiles } from './image-files.ts'

const image = readImage()
const migrations = new URL('../../makegood/migrations/postgres', import.meta.url)

describe('the files of the image', () => {
  let folder: string
  let files: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'makegood-image-'))
    files = makeImageFiles(folder)
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('are all that a system needs to start', async () => {
    const [program, ...args] = image.entrypoint
    expect(program).toBe('node')
    expect(JSON.parse(await run(...args, 'ecommerce', '--asyncapi'))).toMatchObject({ info: { title: 'ecommerce' } })
  })

  test('are all that its parts need, also those that only some systems load', async () => {
    const parts = (await readdir(join(files, 'systems'))).filter(name => name.endsWith('.js') && name !== 'main.js')
    expect(parts).toContainEqual(expect.stringMatching(/^servers-/))
    const load = 'for (const part of process.argv.slice(1)) await import(part)'
    await run('--input-type=module', '-e', load, ...parts.map(part => `./systems/${part}`))
  })

  test('have the command that migrates', async () => {
    expect(await run('node_modules/makegood/bin/makegood.mjs', 'migrate', '--help')).toContain('--database-url')
  })

  async function run(...args: string[]): Promise<string> {
    const options = { cwd: files, env: { ...image.environment } }
    const { stdout } = await promisify(execFile)(process.execPath, args, options)
    return stdout
  }

  test('have the tables and pages that services read, and no source, no test and nothing for people', async () => {
    const ours = (await readdir(files, { recursive: true })).filter(path => !path.startsWith('node_modules/'))
    expect(ours).toEqual(
      expect.arrayContaining([
        'systems/ecommerce/orders/tables.sql',
        'systems/ecommerce/orders/page/index.html',
        'systems/outbox-choreography/kong.yml',
        ...(await readdir(migrations)).map(file => `makegood/migrations/postgres/${file}`),
      ]),
    )
    expect(ours.filter(path => /\.(ts|md)$|(^|\/)test\//.test(path))).toEqual([])
  })
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
