import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { services } from '../wire.ts'
import type { RunningShop } from './shop.ts'

const newman = createRequire(import.meta.url).resolve('newman/bin/newman.js')
const collection = fileURLToPath(new URL('../docs/saga.postman_collection.json', import.meta.url))

/** The documented collection, on a shop that runs somehow: past the gateway, and through it as it is. */
export function postmanScenarios(start: (services: readonly string[]) => Promise<RunningShop>): void {
  let running: RunningShop
  beforeAll(async () => {
    running = await start([...Object.values(services), 'gateway'])
  }, 120_000)
  afterAll(() => running?.stop())

  test.each([
    ['at the services themselves', Object.values(services)],
    ['through the gateway', ['gateway']],
  ])('the Postman collection runs through %s: happy path, unreserved stock, denied payment', async (_where, asked) => {
    const { code, out } = await run(asked.map(name => `${name}=${running.urlOf(name)}`))
    expect(out).toContain('the order ends payment_confirmed')
    expect(out).toContain('the order ends not_reserved')
    expect(out).toContain('the order ends payment_denied')
    expect(code, out).toBe(0)
  })
}

function run(variables: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  const args = [
    newman,
    'run',
    collection,
    '--color',
    'off',
    '--bail',
    ...variables.flatMap(each => ['--env-var', each]),
  ]
  return new Promise(resolve =>
    execFile(process.execPath, args, (error, out, err) => resolve({ code: error === null ? 0 : 1, out: out + err })),
  )
}
