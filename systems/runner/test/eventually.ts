import { vi } from 'vitest'

/** Tries until it holds; what did not hold in time is thrown. */
export function eventually<Result>(look: () => Promise<Result> | Result): Promise<Result> {
  return vi.waitFor(look, { timeout: withinMs, interval: 50 })
}

/** How long an order may take to its end, with everything around it, on a machine that has a lot else to do. */
const withinMs = 60_000
