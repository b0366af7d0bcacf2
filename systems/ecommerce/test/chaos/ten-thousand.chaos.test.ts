import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../../runner/test/chaos/random.ts'
import { rowsOf, say, seconds, tableOf } from '../../../runner/test/chaos/report.ts'
import { ShopUnderTest } from '../../../runner/test/chaos/shop-under-test.ts'
import { shop as subject } from './shop.ts'

const ordersMax = Number(process.env['CHAOS_ORDERS'] || 10_000)
/** By then everything has been used, compiled and filled once. */
const warm = ordersMax / 5

let shop: ShopUnderTest
beforeAll(async () => {
  shop = await ShopUnderTest.open(subject, { fsync: true })
})
afterAll(() => shop?.close())

test(
  'ten thousand orders leave nothing behind, in tables, queues or memory',
  async () => {
    const begunAt = performance.now()
    const customers = shop.customers({ random: new Random(1), count: 64, keys: 'load', ordersMax, waitMs: 120_000 })
    const ended = customers.done()
    const watching = setInterval(() => say(`${customers.promised.size} orders`), 10_000)
    while (customers.promised.size < warm) await pause(100)
    const before = memoryOf(shop)
    await ended
    clearInterval(watching)
    const tookMs = performance.now() - begunAt
    const settledMs = await shop.settled(120_000, say)
    const after = memoryOf(shop)
    const books = await shop.books()
    say(
      tableOf([
        ['orders a second, 64 at a time', (ordersMax / (tookMs / 1_000)).toFixed(0)],
        ['then quiet after', seconds(settledMs)],
        ...rowsOf(books),
        ...[...after].map(([service, mb]): [string, string] => [
          `${service}: MiB after ${warm} and ${ordersMax}`,
          `${before.get(service)!.toFixed(0)} → ${mb.toFixed(0)}`,
        ]),
      ]),
    )

    expect(books.wrong).toEqual([])
    expect(books.deadLetters).toEqual([])
    expect(books.orders).toHaveLength(ordersMax)
    expect(shop.fleet.crashes).toEqual([])
    expect(shop.fleet.log.errors).toEqual([])
    for (const [service, mb] of after) {
      const was = before.get(service)!
      expect(mb - was, `growth of ${service} in MiB, from ${was}`).toBeLessThan(Math.max(40, 0.3 * was))
    }
  },
  25 * 60_000,
)

function memoryOf({ fleet }: ShopUnderTest): ReadonlyMap<string, number> {
  return new Map(fleet.members.map(({ service, process }) => [service, process.residentMb]))
}
