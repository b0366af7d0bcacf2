import type { Book, Shop } from './playground.ts'

/** What a service has on record of each order. */
export interface Entries {
  readonly service: string
  /** Selects, for each order, its id as text in `order_id`, and in `amount` what is on record of it. */
  readonly statement: string
}

interface Comparison {
  readonly title: string
  readonly records: readonly [one: Entries, other: Entries]
  /** What both come to in all. */
  readonly says: (one: number, other: number) => string
}

/** Compares what two services have on record: it comes out if that is the same of every order. */
export async function book(shop: Shop, { title, records: [one, other], says }: Comparison): Promise<Book> {
  const [here, there] = await Promise.all([read(shop, one), read(shop, other)])
  const orders = new Set([...here.keys(), ...there.keys()])
  return {
    title,
    says: says(sumOf(here), sumOf(there)),
    wrong: [...orders].filter(order => (here.get(order) ?? 0) !== (there.get(order) ?? 0)),
  }
}

async function read(shop: Shop, { service, statement }: Entries): Promise<ReadonlyMap<string, number>> {
  const { rows } = await shop.service(service).transaction(({ db }) => db.query<Row>(statement))
  return new Map(rows.map(({ order_id, amount }) => [order_id, amount]))
}

interface Row {
  readonly order_id: string
  readonly amount: number
}

function sumOf(amounts: ReadonlyMap<string, number>): number {
  return [...amounts.values()].reduce((sum, amount) => sum + amount, 0)
}
