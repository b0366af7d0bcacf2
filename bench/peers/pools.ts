import pg from 'pg'
import type { Domain, Environment } from '../set-up.ts'

/** A pool for each domain, or one for all that share a database. */
export function poolsOf({
  databases,
}: Environment): { readonly [domain in Domain]: pg.Pool } & { end(): Promise<void> } {
  const byUrl = new Map<string, pg.Pool>()
  const poolAt = (url: string) => {
    const pool = byUrl.get(url) ?? new pg.Pool({ connectionString: url, max: 20 })
    byUrl.set(url, pool)
    return pool
  }
  const { orders, stock, payment, shipping } = databases!
  return {
    orders: poolAt(orders),
    stock: poolAt(stock),
    payment: poolAt(payment),
    shipping: poolAt(shipping),
    end: async () => {
      for (const pool of byUrl.values()) await pool.end()
    },
  }
}
