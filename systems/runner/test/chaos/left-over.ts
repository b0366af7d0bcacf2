import type { Ask } from './books.ts'
import type { Subject } from './subject.ts'

/** What is on its way in the databases, by what it is, and the dead letters. */
export async function leftOver(ask: Ask, { system, services, orders }: Subject): Promise<LeftOver> {
  const [row] = await ask<{ count: number }>(orders.database, orders.open)
  const counts: { [what: string]: number } = { orders: row!.count }
  const deadLetters: string[] = []
  for (const service of system.services) {
    if (!('database' in service && services.includes(service.name))) continue
    const { database } = service
    const [left] = await ask<{ outbox: number; parked: number; sagas: number; dead: string[] }>(database, leftIn)
    counts[`outbox messages of ${database}`] = left!.outbox
    counts[`parked messages of ${database}`] = left!.parked
    counts[`sagas in flight of ${database}`] = left!.sagas
    deadLetters.push(...left!.dead.map(dead => `${database}: ${dead}`))
  }
  return { counts, deadLetters }
}

export interface LeftOver {
  readonly counts: { readonly [what: string]: number }
  /** Database, identity and reason of each. */
  readonly deadLetters: readonly string[]
}

const leftIn = `
  select
    (select count(*)::int from makegood.outbox) as outbox,
    (select count(*)::int from makegood.inbox where state = 'parked') as parked,
    (select count(*)::int from makegood.saga where status not in ('completed', 'compensated', 'abandoned')) as sagas,
    (select coalesce(array_agg(identity || ': ' || coalesce(error, '')), '{}') from makegood.inbox where state = 'dead')
      as dead
`
