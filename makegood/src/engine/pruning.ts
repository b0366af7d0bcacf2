import type { Engine } from './engine.ts'
import { type Loop, loop } from './loop.ts'

/** Deletes what is over and older than its window, in bounded batches. What is parked, dead or in doubt stays. */
export function pruning(engine: Engine): Loop {
  const { limits, log, service, store } = engine
  return loop(engine, 'pruning', async () => {
    const deleted = await store.prune({ inboxMs: limits.inboxMs, sagasMs: limits.sagasMs }, batch)
    if (deleted > 0) log.debug({ service, deleted }, `${service}: pruned ${deleted} rows`)
    return deleted >= batch ? 100 : pauseMs
  })
}

/** Deletes now what the loop would delete in time, for 10 s at the most. Resolves with how many rows. */
export async function pruneNow({ clock, limits, store }: Engine): Promise<number> {
  const until = clock.now() + pruneMsMax
  for (let rows = 0; ; ) {
    const deleted = await store.prune({ inboxMs: limits.inboxMs, sagasMs: limits.sagasMs }, batch)
    rows += deleted
    if (deleted === 0 || clock.now() >= until) return rows
  }
}

const batch = 1_000
const pauseMs = 60_000
const pruneMsMax = 10_000
