import { once } from 'node:events'
import { createServer } from 'node:net'
import Fastify from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { embeddedGround } from '../embedded-ground.ts'
import { onFreePorts } from '../on-free-ports.ts'
import { type RunningSystem, type RunOptions, runSystem } from '../running-system.ts'
import type { System } from '../system.ts'

const system: System = {
  name: 'a system',
  welcome: () => [],
  services: [
    { name: 'gateway', port: 8080, adminPort: 8082, serve: () => ({ proxy: saying('proxy'), admin: saying('admin') }) },
  ],
}

let options: Omit<RunOptions, 'ground'>
let running: RunningSystem | undefined
beforeEach(async () => {
  options = await onFreePorts(system)
})
afterEach(() => running?.stop())
const at = (port: number) => options.portOf({ port })

test('a gateway answers at both of its ports, without a database, until it is stopped', async () => {
  running = await run()
  expect(running.urlOf('gateway')).toBe(`http://localhost:${at(8080)}`)
  expect(await textAt(8080)).toBe('proxy')
  expect(await textAt(8082)).toBe('admin')
  await running.stop()
  await expect(textAt(8080)).rejects.toThrow()
  await expect(textAt(8082)).rejects.toThrow()
})

test.each([8080, 8082])(
  'that its port %d is in use is said with its name, and nothing is left listening',
  async port => {
    const taken = createServer().listen(at(port), '127.0.0.1')
    await once(taken, 'listening')
    await expect(run()).rejects.toThrow(`Port ${at(port)} of gateway is in use: `)
    taken.close()
    await expect(textAt(8080)).rejects.toThrow()
  },
)

function run(): Promise<RunningSystem> {
  return runSystem(system, { ...options, ground: embeddedGround('/nowhere', { fresh: false }) })
}

async function textAt(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${at(port)}`)).text()
}

function saying(text: string) {
  const app = Fastify()
  app.get('/', async () => text)
  return app
}
