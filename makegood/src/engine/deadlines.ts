import type { Engine } from './engine.ts'
import type { Intake } from './intake.ts'
import { type Loop, loop } from './loop.ts'
import { Orchestration } from './orchestration.ts'
import type { Outbox } from './outbox.ts'
import { Outgoing } from './outgoing.ts'
import type { Worker } from './worker.ts'

/**
 * Wakes sagas that wait for an answer for too long, or for the time of a new attempt. A deadline fires only when what
 * had arrived before it passed has been handled: an orchestrator that was down cancels nothing (protocol, rule 12).
 */
export function deadlines(engine: Engine, intake: Intake, outbox: Outbox, worker: Worker): Loop {
  const { hosted, limits, store } = engine
  if (hosted.sagas.size === 0) return { wake: () => {}, stop: async () => {} }

  return loop(engine, 'deadlines', async () => {
    const handled = await store.transaction(async tx => {
      const [now, due] = await Promise.all([tx.now(), tx.lockDueSagas(limits.batchSize)])
      const outgoing = new Outgoing(engine)
      const orchestration = new Orchestration(engine, outgoing, now)
      orchestration.add(due)
      const ready = due.filter(
        ({ id, wakeAt }) => orchestration.hosts(id) && wakeAt !== undefined && wakeAt <= intake.caughtUpTo,
      )
      for (const { id } of ready) orchestration.apply(id, { kind: 'time' }, undefined)
      orchestration.save(tx)
      const { envelopes } = outgoing
      const leaseMs = outbox.leaseFor(envelopes.length)
      if (envelopes.length > 0) void tx.addToOutbox(envelopes, leaseMs)
      return { envelopes, held: leaseMs > 0, news: orchestration.news(), isFull: ready.length === limits.batchSize }
    })
    outbox.committed(handled.envelopes, handled.held)
    if (handled.news.length > 0) worker.onNews(handled.news)
    return handled.isFull ? 0 : limits.idleMs
  })
}
