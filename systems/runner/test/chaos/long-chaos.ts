import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ChaosOutcome, chaos } from './chaos.ts'
import { Random } from './random.ts'
import { reportOf, say } from './report.ts'
import { ShopUnderTest } from './shop-under-test.ts'
import { seed } from './short-chaos.ts'
import type { Subject } from './subject.ts'

const minute = 60_000

/** `cancelled` is a reason for which some orders must have ended otherwise, for the load to have been worth it. */
export function longChaos(subject: Subject, cancelled: string): void {
  const kills = Number(process.env['CHAOS_KILLS'] || 18 * subject.services.length)
  // Of each server, and as many freezes: one for every ten kills.
  const restarts = Math.max(1, Math.round(kills / 10))
  let shop: ShopUnderTest
  beforeAll(async () => {
    shop = await ShopUnderTest.open(subject, { fsync: true })
  })
  afterAll(() => shop?.close())

  test(
    'whatever is killed, and however often, every order ends and every effect happens once',
    async () => {
      say(`CHAOS_SEED=${seed} CHAOS_KILLS=${kills}`)
      const outcome = await chaos(shop, {
        random: new Random(seed),
        kills,
        freezes: restarts,
        restarts,
        customers: 16,
        boundMs: 25 * minute,
        settleMsMax: 5 * minute,
        say,
      })
      tell(outcome)

      expect(outcome.books.wrong).toEqual([])
      expect(outcome.books.deadLetters).toEqual([])
      expect(shop.fleet.crashes).toEqual([])
      expect(outcome.tally.killed).toBe(kills)
      expect(outcome.tally.frozen).toBe(restarts)
      for (const { name } of shop.servers) expect(outcome.tally.restartsOf(name), name).toBe(restarts)
      expect(outcome.repeated).toBeGreaterThan(0)
      expect(outcome.books.completed).toBeGreaterThan(0)
      expect(outcome.books.cancelled).toMatchObject({ [cancelled]: expect.any(Number) })
    },
    33 * minute,
  )

  function tell(outcome: ChaosOutcome): void {
    say(`CHAOS_SEED=${seed}\n${reportOf(outcome)}`)
    for (const line of shop.fleet.log.lines.slice(0, 12)) say(line)
    for (const dead of outcome.books.deadLetters) say(dead)
  }
}
