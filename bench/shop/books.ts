import type { Db } from './steps.ts'

/** What stock, accounts and shipments say after a run. */
export interface Books {
  readonly shipments: number
  /** What left the stock, less what was shipped. */
  readonly missingPieces: number
  /** What left the accounts, less what shipped orders cost. */
  readonly missingCents: number
}

export async function countBooks(shop: {
  readonly stock: Db
  readonly payment: Db
  readonly shipping: Db
}): Promise<Books> {
  const [stock, accounts, shipments] = await Promise.all([
    first(shop.stock, 'select sum(quantity) as pieces from stock'),
    first(shop.payment, 'select sum(balance_cents) as cents from accounts'),
    first(
      shop.shipping,
      `select count(*) as shipments, coalesce(sum(quantity), 0) as pieces, coalesce(sum(amount_cents), 0) as cents
       from shipments`,
    ),
  ])
  return {
    shipments: Number(shipments['shipments']),
    missingPieces: 1_000 * 1_000_000 - Number(stock['pieces']) - Number(shipments['pieces']),
    missingCents: 10_000 * 1_000_000_000 - Number(accounts['cents']) - Number(shipments['cents']),
  }
}

/** What is wrong with the books of a run that shipped so many orders; undefined if they balance. */
export function faultIn(books: Books, shipped: number): string | undefined {
  const faults = [
    books.shipments !== shipped && `${books.shipments} shipments for ${shipped} shipped orders`,
    books.missingPieces !== 0 && `${books.missingPieces} pieces missing from the stock`,
    books.missingCents !== 0 && `${books.missingCents} cents missing from the accounts`,
  ].filter(Boolean)
  return faults.length === 0 ? undefined : faults.join(', ')
}

/** Drivers give large sums as text. */
async function first(db: Db, query: string): Promise<Record<string, unknown>> {
  return (await db.query(query)).rows[0] as Record<string, unknown>
}
