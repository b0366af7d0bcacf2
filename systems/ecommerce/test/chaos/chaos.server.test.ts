import { afterAll, beforeAll, expect, test } from 'vitest'
import { chaos } from './chaos.ts'
import { Random } from './random.ts'
import { scaling } from './scaling.ts'
import { ShopUnderTest } from './shop-under-test.ts'
import { unreliableProviders } from './unreliable-providers.ts'

// The short form of what `npm run test:chaos` does at length.

const seed = Number(process.env['CHAOS_SEED'] || Date.now() % 1_000_000)
const orSeed = `CHAOS_SEED=${seed}`

let shop: ShopUnderTest
beforeAll(async () => {
  shop = await ShopUnderTest.open({ fsync: false, variables: unreliableProviders })
})
afterAll(() => shop?.close())

test('whatever is killed, every order ends and every effect happens once', { timeout: 330_000 }, async () => {
  const { books, tally } = await chaos(shop, {
    random: new Random(seed),
    kills: 12,
    postgresRestarts: 1,
    rabbitmqRestarts: 1,
    customers: 8,
    boundMs: 150_000,
    settleMsMax: 150_000,
    say: () => {},
  })
  expect(books.wrong, orSeed).toEqual([])
  expect(books.deadLetters, orSeed).toEqual([])
  expect(shop.fleet.crashes, orSeed).toEqual([])
  expect(tally.killed).toBe(12)
  expect(books.completed).toBeGreaterThan(0)
})

test('three processes of a service share its queue, and come and go', { timeout: 240_000 }, async () => {
  const { books, deadlocks, exits, shares } = await scaling(shop, {
    random: new Random(seed),
    customers: 16,
    rounds: 1,
    steadyMs: 3_000,
    settleMsMax: 150_000,
    say: () => {},
  })
  expect(books.wrong, orSeed).toEqual([])
  expect(books.deadLetters, orSeed).toEqual([])
  expect(shop.fleet.crashes, orSeed).toEqual([])
  expect(deadlocks).toBe(0)
  expect(exits.filter(exit => exit !== '0' && exit !== 'SIGKILL')).toEqual([])
  for (const { handled } of shares) expect(Math.min(...handled)).toBeGreaterThan(0)
})
