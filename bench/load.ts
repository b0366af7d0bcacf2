import { setTimeout as pause } from 'node:timers/promises'
import type { Order, Outcome } from './shop/order.ts'

/** A closed loop: so many orders are under way at any time, each followed by the next one. */
export interface Load {
  /** Begins the measured window; what ended before was warming up. */
  mark(): void
  /** Ends the window, starts no more orders, and resolves when those under way have ended. */
  stop(): Promise<LoadReport>
  /** Resolves when as many orders as allowed were started. */
  readonly spent: Promise<void>
}

export interface LoadReport {
  /** How long the window was. */
  readonly seconds: number
  /** How many orders ended in it. */
  readonly ended: number
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number }
  /** Over the whole load, not the window alone. */
  readonly shipped: number
  readonly refused: number
  /** Orders that ended in an error or not at all, and the first reason. */
  readonly broken: number
  readonly firstError: string | undefined
}

export function startLoad(
  order: (order: Order) => Promise<Outcome>,
  orders: Iterator<Order>,
  { inFlight, ordersMax }: { readonly inFlight: number; readonly ordersMax: number },
): Load {
  const totals = { shipped: 0, refused: 0 }
  const errors: unknown[] = []
  let latencies: number[] = []
  let [markedAt, endedAt] = [performance.now(), Number.POSITIVE_INFINITY]
  let [started, running, stopping] = [0, inFlight, false]
  let sayIsSpent: () => void
  const spent = new Promise<void>(resolve => {
    sayIsSpent = resolve
  })
  const loops = Array.from({ length: inFlight }, async () => {
    while (!stopping && started < ordersMax) {
      if (++started === ordersMax) sayIsSpent()
      const startedAt = performance.now()
      try {
        totals[await order(orders.next().value)]++
        const now = performance.now()
        if (now <= endedAt) latencies.push(now - startedAt)
      } catch (error) {
        errors.push(error)
        // A set-up that answers only with errors must not spin.
        await pause(100)
      }
    }
    running--
  })

  return {
    spent,
    mark: () => {
      latencies = []
      markedAt = performance.now()
    },
    stop: async () => {
      endedAt = performance.now()
      stopping = true
      await Promise.race([Promise.all(loops), pause(patienceMs, undefined, { ref: false })])
      const sorted = Float64Array.from(latencies).sort()
      const firstError = errors.length > 0 ? String(errors[0]) : undefined
      return {
        seconds: (endedAt - markedAt) / 1000,
        ended: sorted.length,
        latencyMs: { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) },
        ...totals,
        broken: errors.length + running,
        firstError:
          firstError ?? (running > 0 ? `${running} orders had not ended after ${patienceMs / 1000} s` : undefined),
      }
    },
  }
}

const patienceMs = 60_000

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
