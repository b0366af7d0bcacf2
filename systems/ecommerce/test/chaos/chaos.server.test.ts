import { expect, test } from 'vitest'
import { Random } from '../../../runner/test/chaos/random.ts'
import { scaling } from '../../../runner/test/chaos/scaling.ts'
import { orSeed, seed, shortChaos } from '../../../runner/test/chaos/short-chaos.ts'
import { scaled, shop } from './shop.ts'

const opened = shortChaos(shop)

test('three processes of a service share its queue, and come and go', { timeout: 240_000 }, async () => {
  const { books, deadlocks, exits, shares } = await scaling(opened(), {
    random: new Random(seed),
    services: scaled,
    customers: 16,
    rounds: 1,
    steadyMs: 3_000,
    settleMsMax: 150_000,
    say: () => {},
  })
  expect(books.wrong, orSeed).toEqual([])
  expect(books.deadLetters, orSeed).toEqual([])
  expect(opened().fleet.crashes, orSeed).toEqual([])
  expect(deadlocks).toBe(0)
  expect(exits.filter(exit => exit !== '0' && exit !== 'SIGKILL')).toEqual([])
  for (const { handled } of shares) expect(Math.min(...handled)).toBeGreaterThan(0)
})
