import type { Changes } from './change.ts'
import type { Engine } from './engine.ts'
import type { Intake } from './intake.ts'
import { type Loop, loop } from './loop.ts'

/**
 * Wakes sagas that wait for an answer for too long, or for the time of a new attempt. A deadline fires only when what
 * had arrived before it passed has been handled: an orchestrator that was down cancels nothing (protocol, rule 12).
 */
export function deadlines({ engine, changes, intake }: { engine: Engine; changes: Changes; intake: Intake }): Loop {
  const { hosted, limits } = engine
  if (hosted.sagas.size + hosted.tracked.size === 0) return { wake: () => {}, stop: async () => {} }

  return loop(engine, 'deadlines', async () => {
    const woken = await changes.make(async ({ tx, orchestration }) => {
      const due = await tx.lockDueSagas(limits.batchSize)
      orchestration.add(due)
      const ready = due.filter(
        ({ id, wakeAt }) => orchestration.hosts(id) && wakeAt !== undefined && wakeAt <= intake.caughtUpTo,
      )
      for (const { id } of ready) orchestration.apply(id, { kind: 'time' }, undefined)
      return ready.length
    })
    return woken === limits.batchSize ? 0 : limits.idleMs
  })
}
