import type { Shop } from './playground.ts'

/** What a statement counts in the database of a service: one row, with `sum`. */
export async function counted(shop: Shop, service: string, statement: string): Promise<number> {
  const { rows } = await shop.service(service).transaction(({ db }) => db.query<{ sum: number }>(statement))
  return rows[0]!.sum
}
