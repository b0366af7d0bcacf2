import { afterAll, beforeAll, expect, test } from 'vitest'
import { chaos } from './chaos.ts'
import { Random } from './random.ts'
import { ShopUnderTest } from './shop-under-test.ts'
import type { Subject } from './subject.ts'

/** The same seed makes the same choices; what meets what in time still differs. */
export const seed = Number(process.env['CHAOS_SEED'] || Date.now() % 1_000_000)
export const orSeed = `CHAOS_SEED=${seed}`

/** The short form of what `npm run test:chaos` does at length. The shop stays open for what else is done with it. */
export function shortChaos(subject: Subject): () => ShopUnderTest {
  let shop: ShopUnderTest
  beforeAll(async () => {
    shop = await ShopUnderTest.open(subject, { fsync: false })
  })
  afterAll(() => shop?.close())

  // Two of each service.
  const kills = 2 * subject.services.length

  test('whatever is killed, every order ends and every effect happens once', { timeout: 420_000 }, async () => {
    const { books, tally, repeated } = await chaos(shop, {
      random: new Random(seed),
      kills,
      freezes: 2,
      restarts: 1,
      customers: 8,
      boundMs: 240_000,
      settleMsMax: 150_000,
      say: () => {},
    })
    expect(books.wrong, orSeed).toEqual([])
    expect(books.deadLetters, orSeed).toEqual([])
    expect(shop.fleet.crashes, orSeed).toEqual([])
    expect(tally.killed).toBe(kills)
    expect(repeated).toBeGreaterThan(0)
    expect(books.completed).toBeGreaterThan(0)
  })
  return () => shop
}
