import type { Link } from '../ports/transport.ts'
import { Calls } from './calls.ts'
import type { Changes } from './change.ts'
import { Custody } from './custody.ts'
import { deadlines } from './deadlines.ts'
import type { Engine } from './engine.ts'
import { Intake } from './intake.ts'
import type { Loop } from './loop.ts'
import { Outbox } from './outbox.ts'
import { pruning } from './pruning.ts'
import { Worker } from './worker.ts'

/** What runs in a service that has started. */
export interface Loops {
  readonly link: Link
  readonly outbox: Outbox
  readonly intake: Intake
  readonly custody: Custody
  readonly timed: readonly Loop[]
}

export function startLoops(engine: Engine, link: Link, changes: Changes): Loops {
  const outbox = new Outbox(engine, link)
  const calls = new Calls(engine)
  const worker = new Worker(engine, changes, calls)
  const intake = new Intake(engine, link, worker)
  const custody = new Custody(engine, worker, calls)
  outbox.start()
  custody.start()
  if (engine.queue !== undefined) intake.start()
  return { link, outbox, intake, custody, timed: [deadlines({ engine, changes, intake }), pruning(engine)] }
}

/** Takes nothing new, lets what is under way end, publishes what that left, and lets go of the broker. */
export async function drain({ link, outbox, intake, custody, timed }: Loops, drainMs: number): Promise<void> {
  await Promise.all([intake.stop(), custody.stop(), ...timed.map(each => each.stop())])
  await custody.drain(drainMs / 2)
  await outbox.drain(drainMs / 4)
  await link.close()
  await outbox.stop()
}
