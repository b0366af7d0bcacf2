import { once } from 'node:events'
import { createServer } from 'node:net'
import Fastify from 'fastify'
import type { Log } from 'makegood'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { embeddedGround } from '../embedded-ground.ts'
import { freePortOffset } from '../free-ports.ts'
import { type RunningSystem, runSystem } from '../running-system.ts'
import { portsOf, type System } from '../system.ts'

const system: System = {
  name: 'a system',
  welcome: () => [],
  services: [
    { name: 'gateway', port: 8080, adminPort: 8082, serve: () => ({ proxy: saying('proxy'), admin: saying('admin') }) },
  ],
}

let offset: number
let running: RunningSystem | undefined
beforeEach(async () => {
  offset = await freePortOffset(portsOf(system))
})
afterEach(() => running?.stop())

test('a gateway answers at both of its ports, without a database, until it is stopped', async () => {
  running = await run()
  expect(running.urlOf('gateway')).toBe(`http://localhost:${8080 + offset}`)
  expect(await textAt(8080)).toBe('proxy')
  expect(await textAt(8082)).toBe('admin')
  await running.stop()
  await expect(textAt(8080)).rejects.toThrow()
  await expect(textAt(8082)).rejects.toThrow()
})

test.each([8080, 8082])(
  'that its port %d is in use is said with its name, and nothing is left listening',
  async port => {
    const taken = createServer().listen(port + offset, '127.0.0.1')
    await once(taken, 'listening')
    await expect(run()).rejects.toThrow(`Port ${port + offset} of gateway is in use: `)
    taken.close()
    await expect(textAt(8080)).rejects.toThrow()
  },
)

function run(): Promise<RunningSystem> {
  return runSystem(system, {
    ground: embeddedGround('/nowhere', { fresh: false }),
    services: ['gateway'],
    log: quiet,
    host: '127.0.0.1',
    portOf: ({ port }) => port + offset,
    signal: new AbortController().signal,
  })
}

async function textAt(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port + offset}`)).text()
}

function saying(text: string) {
  const app = Fastify()
  app.get('/', async () => text)
  return app
}

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
