import { textOf } from '../model/errors.ts'
import type { Engine } from './engine.ts'

export interface Loop {
  /** Makes the next pass begin now, or after `ms`. */
  wake(ms?: number): void
  /** Lets the pass that is under way end, and begins no other. */
  stop(): Promise<void>
}

/**
 * Repeats `pass` until it is stopped. A pass tells how long to rest after it, in milliseconds; one that throws is
 * reported once and repeated with growing pauses of up to 5 seconds: a database that is away is waited for.
 */
export function loop(engine: Engine, name: string, pass: () => Promise<number>): Loop {
  const { clock, log, telemetry, service } = engine
  let stopping = false
  let failures = 0
  let resting = new AbortController()
  let wakeAt = Number.POSITIVE_INFINITY

  const rest = async (ms: number) => {
    wakeAt = Math.min(clock.now() + ms, wakeAt)
    let isOver = wakeAt <= clock.now()
    while (!stopping && !isOver) {
      resting = new AbortController()
      await clock.sleep(wakeAt - clock.now(), resting.signal)
      // Who has slept to the end does not look at the clock: it may have been set back meanwhile, by hours.
      isOver = !resting.signal.aborted || wakeAt <= clock.now()
    }
    wakeAt = Number.POSITIVE_INFINITY
  }

  const run = async () => {
    while (!stopping) {
      const restMs = await pass().then(
        ms => {
          if (failures > 0) log.info({ service, loop: name }, `${service}: ${name} goes on`)
          failures = 0
          return ms
        },
        (error: unknown) => {
          failures += 1
          telemetry.count('makegood_loop_failures_total', { loop: name })
          if (failures === 1)
            log.warn({ service, loop: name, error: textOf(error) }, `${service}: ${name} waits: ${textOf(error)}`)
          return Math.min(50 * 2 ** failures, 5_000)
        },
      )
      if (!stopping && restMs > 0) await rest(restMs)
    }
  }

  const running = run()
  return {
    wake: (ms = 0) => {
      const at = clock.now() + ms
      if (at >= wakeAt) return
      wakeAt = at
      resting.abort(woken)
    },
    stop: async () => {
      stopping = true
      resting.abort(woken)
      await running
    },
  }
}

/** Without a reason, `abort` makes an error with a stack each time. */
const woken = 'woken'
