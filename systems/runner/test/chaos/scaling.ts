import { setTimeout as pause } from 'node:timers/promises'
import { type Books, sum } from './books.ts'
import type { Random } from './random.ts'
import type { ShopUnderTest } from './shop-under-test.ts'

/**
 * Three processes of each of these services share a queue while orders come in; they come and go, by the door and
 * by the window.
 */
export async function scaling(shop: ShopUnderTest, options: ScalingOptions): Promise<ScalingOutcome> {
  const { random, services: scaled, customers: count, rounds, steadyMs, settleMsMax, say } = options
  const { fleet } = shop
  const deadlocksBefore = await deadlocksIn(shop)
  const customers = shop.customers({ random, count, keys: 'scaling', waitMs: 3_000 })
  const shares: Share[] = []
  const exits: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(scaled.flatMap(service => [fleet.scaleUp(service), fleet.scaleUp(service)]))
    say(`three processes each of ${scaled.join(', ')}`)
    await pause(steadyMs)
    shares.push(...(await Promise.all(scaled.map(service => shareOf(shop, service)))))
    for (const service of scaled) {
      for (const signal of random.shuffled(['SIGTERM', 'SIGKILL'] as const)) {
        await pause(random.between(0, 500))
        exits.push(await fleet.scaleDown(service, signal))
      }
    }
    say(`one process of each again, ${customers.promised.size} orders`)
  }
  await customers.close()
  const settledMs = await shop.settled(settleMsMax, say)
  return {
    orders: customers.promised.size,
    shares,
    exits,
    settledMs,
    deadlocks: (await deadlocksIn(shop)) - deadlocksBefore,
    books: await shop.books(),
  }
}

export interface ScalingOptions {
  readonly random: Random
  /** Those that are doubled and trebled; the ones with the most to quarrel about tell the most. */
  readonly services: readonly string[]
  readonly customers: number
  /** How often they come and go. */
  readonly rounds: number
  /** How long three of each work side by side, each time. */
  readonly steadyMs: number
  readonly settleMsMax: number
  readonly say: (text: string) => void
}

export interface ScalingOutcome {
  readonly orders: number
  /** How many messages each of the three has handled meanwhile. */
  readonly shares: readonly Share[]
  /** How the replicas ended. */
  readonly exits: readonly string[]
  readonly settledMs: number
  /** As PostgreSQL has counted them. */
  readonly deadlocks: number
  readonly books: Books
}

export interface Share {
  readonly service: string
  readonly handled: readonly number[]
}

async function shareOf({ fleet }: ShopUnderTest, service: string): Promise<Share> {
  return { service, handled: await Promise.all(fleet.of(service).map(({ url }) => handledAt(url))) }
}

async function handledAt(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return sum([...metrics.matchAll(/^makegood_messages_total\{.*\} (\d+)/gm)].map(([, each]) => Number(each)))
}

async function deadlocksIn({ ask }: ShopUnderTest): Promise<number> {
  const [row] = await ask<{ deadlocks: number }>('postgres', inAllDatabases)
  return row!.deadlocks
}

const inAllDatabases = 'select sum(deadlocks)::int as deadlocks from pg_stat_database'
