import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from './random.ts'
import { rowsOf, say, seconds, tableOf } from './report.ts'
import { scaling } from './scaling.ts'
import { ShopUnderTest } from './shop-under-test.ts'
import { unreliableProviders } from './unreliable-providers.ts'

const seed = Number(process.env['CHAOS_SEED'] || Date.now() % 1_000_000)

let shop: ShopUnderTest
beforeAll(async () => {
  shop = await ShopUnderTest.open({ fsync: true, variables: unreliableProviders })
})
afterAll(() => shop?.close())

test(
  'three processes of a service share its queue, and come and go without losing or doubling anything',
  async () => {
    const outcome = await scaling(shop, {
      random: new Random(seed),
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
    expect(outcome.books.orders).toBe(outcome.orders)
    expect(outcome.deadlocks).toBe(0)
    expect(shop.fleet.log.matching(/deadlock/i)).toEqual([])
    expect(shop.fleet.crashes).toEqual([])
    expect(outcome.exits.filter(exit => exit !== '0' && exit !== 'SIGKILL')).toEqual([])
    for (const { handled } of outcome.shares) expect(Math.min(...handled)).toBeGreaterThan(0)
  },
  8 * 60_000,
)
