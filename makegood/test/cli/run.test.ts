import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { exits } from '../../src/cli/terminal.ts'
import { makegood } from './command-line.ts'

beforeEach(() => {
  for (const name of ['DATABASE_URL', 'DATABASE_URL_FILE']) vi.stubEnv(name, undefined)
})
afterEach(() => void vi.unstubAllEnvs())

describe('makegood migrate', () => {
  test('says in one sentence that the database cannot be reached, and never a password', async () => {
    const { code, out, err } = await makegood([
      'migrate',
      '--database-url',
      'postgres://shop:secret@127.0.0.1:1/orders',
    ])
    expect(code).toBe(exits.unavailable)
    expect(err).toMatch(/^The database 127\.0\.0\.1:1\/orders cannot be reached: .*ECONNREFUSED.*\n$/)
    expect(out + err).not.toContain('secret')
  })

  test('asks MySQL for what begins with its name', async () => {
    const { code, err } = await makegood(['migrate', '--database-url', 'mysql://shop:secret@127.0.0.1:1/orders'])
    expect(code).toBe(exits.unavailable)
    expect(err).toMatch(/^The database 127\.0\.0\.1:1\/orders cannot be reached: .*ECONNREFUSED.*\n$/)
  })

  test('says the same as JSON', async () => {
    const { code, out, err } = await makegood(['migrate', '--json', '--database-url', 'postgres://127.0.0.1:1/orders'])
    expect(code).toBe(exits.unavailable)
    expect(JSON.parse(out)).toEqual({
      ok: false,
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('orders'),
    })
    expect(err).toBe('')
  })

  test('reads the URL from a file, which the environment may name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'makegood-'))
    const file = join(folder, 'uri')
    await writeFile(file, 'postgres://shop:secret@127.0.0.1:1/orders\n')
    vi.stubEnv('DATABASE_URL_FILE', file)
    const { code, err } = await makegood(['migrate'])
    await rm(folder, { recursive: true })
    expect(code).toBe(exits.unavailable)
    expect(err).toMatch(/^The database 127\.0\.0\.1:1\/orders cannot be reached: /)
    const missing = await makegood(['migrate'])
    expect(missing.code).toBe(exits.misused)
    expect(missing.err).toContain(`The database URL cannot be read from ${file}: ENOENT`)
  })

  test.each(['shop', 'http://127.0.0.1/shop', ''])('refuses %j for a URL', async url => {
    const { code, err } = await makegood(['migrate', '--database-url', url])
    expect(code).toBe(exits.misused)
    expect(err).toBe(
      'The database URL is not of the form postgres://user:password@host:5432/database or mysql://user:password@host:3306/database.\n',
    )
  })
})

describe('makegood asyncapi', () => {
  const modules = fileURLToPath(new URL('modules/', import.meta.url))

  test('prints the document of the services that a module exports', async () => {
    const { code, out, err } = await makegood([
      'asyncapi',
      `${modules}shop.ts`,
      '--title',
      'Shop',
      '--protocol',
      'amqp',
    ])
    expect({ code, err }).toEqual({ code: exits.done, err: '' })
    expect(JSON.parse(out)).toMatchObject({
      info: { title: 'Shop', version: '1.0.0' },
      channels: { 'event.order.placed': { bindings: { amqp: { exchange: { name: 'makegood' } } } } },
      operations: { 'letters.receive.event.order.placed': { action: 'receive' } },
    })
  })

  test('says what a module exports if it is to be documented', async () => {
    const { code, err } = await makegood(['asyncapi', `${modules}nothing.ts`])
    expect(code).toBe(exits.misused)
    expect(err).toMatch(/nothing\.ts does not export its services: its default export has to be a list/)
  })

  test('says that there is no such module', async () => {
    const { code, err } = await makegood(['asyncapi', `${modules}nowhere.ts`])
    expect(code).toBe(exits.misused)
    expect(err).toMatch(/nowhere\.ts cannot be loaded: /)
  })

  test('knows two brokers by their protocols', async () => {
    const { code, err } = await makegood(['asyncapi', `${modules}shop.ts`, '--protocol', 'stomp'])
    expect(code).toBe(exits.misused)
    expect(err).toContain('Allowed choices are amqp, kafka')
  })
})

describe('makegood', () => {
  test('says what is missing', async () => {
    const { code, err } = await makegood(['migrate'])
    expect(code).toBe(exits.misused)
    expect(err).toContain('Say where the database is: --database-url postgres://')
  })

  test('guesses what was meant', async () => {
    const { code, err } = await makegood(['migrat'])
    expect(code).toBe(exits.misused)
    expect(err).toContain('Did you mean migrate?')
  })

  test('says its own version, and takes that of a definition behind a command', async () => {
    expect(await makegood(['--version'])).toMatchObject({
      code: exits.done,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
    const { err } = await makegood(['sagas', 'list', '--version', 'one'])
    expect(err).toContain('whole number from 1')
  })

  test('its help has the exit codes', async () => {
    const { code, out } = await makegood(['--help'])
    expect(code).toBe(exits.done)
    expect(out).toContain('Exit codes:')
  })

  test('runs from a checkout that is not built', () => {
    const command = fileURLToPath(new URL('../../bin/makegood.mjs', import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [command, 'migrate', '--database-url', 'nowhere'], {
      encoding: 'utf8',
    })
    expect(stderr).toContain('The database URL is not of the form')
    expect(status).toBe(exits.misused)
  })
})
