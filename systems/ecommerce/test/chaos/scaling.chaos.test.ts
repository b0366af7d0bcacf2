import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../../runner/test/chaos/random.ts'
import { rowsOf, say, seconds, tableOf } from '../../../runner/test/chaos/report.ts'
import { scaling } from '../../../runner/test/chaos/scaling.ts'
import { ShopUnderTest } from '../../../runner/test/chaos/shop-under-test.ts'
import { seed } from '../../../runner/test/chaos/short-chaos.ts'
import { scaled, shop as subject } from './shop.ts'

let shop: ShopUnderTest
beforeAll(async () => {
  shop = await ShopUnderTest.open(subject, { fsync: true })
})
afterAll(() => shop?.close())

test(
  'three processes of a service share its queue, and come and go without losing or doubling anything',
  async () => {
    const outcome = await scaling(shop, {
      random: new Random(seed),
      services: scaled,
      customers: 32,
      rounds: 3,
      steadyMs: 15_000,
      settleMsMax: 180_000,
      say,
    })
    say(
      `CHAOS_SEED=${seed}\n${tableOf([
        ...outcome.shares.map(({ service, handled }): [string, string] => [
          `handled by ${service}`,
          handled.join(', '),
        ]),
        ['deadlocks', outcome.deadlocks],
        ['then quiet after', seconds(outcome.settledMs)],
        ...rowsOf(outcome.books),
      ])}`,
    )

    expect(outcome.books.wrong).toEqual([])
    expect(outcome.books.deadLetters).toEqual([])
    expect(outcome.books.orders).toHaveLength(outcome.orders)
    expect(outcome.deadlocks).toBe(0)
    expect(shop.fleet.log.matching(/deadlock/i)).toEqual([])
    expect(shop.fleet.crashes).toEqual([])
    expect(outcome.exits.filter(exit => exit !== '0' && exit !== 'SIGKILL')).toEqual([])
    for (const { handled } of outcome.shares) expect(Math.min(...handled)).toBeGreaterThan(0)
  },
  8 * 60_000,
)
