import type { Databases } from './databases.ts'
import type { Subject } from './subject.ts'

/** What is on its way in the databases, by what it is, and the dead letters. */
export async function leftOver(databases: Databases, { system, services, orders }: Subject): Promise<LeftOver> {
  const { ask } = databases
  const [row] = await ask<{ count: number }>(orders.database, orders.open)
  const counts: { [what: string]: number } = { orders: row!.count }
  const deadLetters: string[] = []
  for (const service of system.services) {
    if (!('database' in service && services.includes(service.name))) continue
    const { database } = service
    const prefix = databases.prefixOf(database)
    const [left] = await ask<{ outbox: unknown; parked: unknown; sagas: unknown }>(database, leftIn(prefix))
    counts[`outbox messages of ${database}`] = Number(left!.outbox)
    counts[`parked messages of ${database}`] = Number(left!.parked)
    counts[`sagas in flight of ${database}`] = Number(left!.sagas)
    const dead = await ask<{ identity: string; error: string | null }>(database, deadIn(prefix))
    deadLetters.push(...dead.map(({ identity, error }) => `${database}: ${identity}: ${error ?? ''}`))
  }
  return { counts, deadLetters }
}

export interface LeftOver {
  readonly counts: { readonly [what: string]: number }
  /** Database, identity and reason of each. */
  readonly deadLetters: readonly string[]
}

const leftIn = (prefix: string) => `
  select
    (select count(*) from ${prefix}outbox) as outbox,
    (select count(*) from ${prefix}inbox where state = 'parked') as parked,
    (select count(*) from ${prefix}saga where status not in ('completed', 'compensated', 'abandoned')) as sagas
`

/** One that was discarded is due no more. */
const deadIn = (prefix: string) =>
  `select identity, error from ${prefix}inbox where state = 'dead' and due_at is not null`
