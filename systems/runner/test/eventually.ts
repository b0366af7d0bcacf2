import { vi } from 'vitest'

/** Tries until it holds; what did not hold in time is thrown. */
export function eventually<Result>(look: () => Promise<Result> | Result): Promise<Result> {
  return vi.waitFor(look, { timeout: withinMs, interval: 20 })
}

/** How long an order may take to its end, with everything around it. */
const withinMs = 20_000
