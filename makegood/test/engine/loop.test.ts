import { expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import { loop } from '../../src/engine/loop.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { noLog } from '../../src/ports/log.ts'
import { noTelemetry } from '../../src/ports/telemetry.ts'

test('a loop rests no longer because the clock is set back meanwhile', async () => {
  const clock = new ClockByHand()
  const passes = new Passes(250)
  const looping = loop(engineWith(clock), 'relay', passes.pass)
  await passes.next()
  expect(await clock.asleep()).toBe(250)
  clock.time -= 3_600_000
  clock.wake()
  await passes.next()
  expect(await clock.asleep()).toBe(250)
  await looping.stop()
})

test('a loop that is woken for later rests until then', async () => {
  const clock = new ClockByHand()
  const passes = new Passes(5_000)
  const looping = loop(engineWith(clock), 'relay', passes.pass)
  await passes.next()
  expect(await clock.asleep()).toBe(5_000)
  looping.wake(100)
  expect(await clock.asleep()).toBe(100)
  looping.wake()
  await passes.next()
  await looping.stop()
})

function engineWith(clock: Clock): Engine {
  return { clock, log: noLog, telemetry: noTelemetry, service: 'orders' } as Partial<Engine> as Engine
}

/** Nobody wakes but by `wake`, or by the signal. */
class ClockByHand implements Clock {
  time = Date.UTC(2026, 0, 1)
  wake: () => void = () => {}
  readonly #slept = new Mailbox<number>()

  now(): number {
    return this.time
  }

  random(): number {
    return 0
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.#slept.put(ms)
    return new Promise(resolve => {
      this.wake = resolve
      signal?.addEventListener('abort', () => resolve())
    })
  }

  /** Resolves with how long somebody wants to sleep. */
  asleep(): Promise<number> {
    return this.#slept.take()
  }
}

class Passes {
  readonly #begun = new Mailbox<void>()
  readonly pass: () => Promise<number>

  constructor(restMs: number) {
    this.pass = async () => {
      this.#begun.put()
      return restMs
    }
  }

  next(): Promise<void> {
    return this.#begun.take()
  }
}

class Mailbox<Item> {
  readonly #items: Item[] = []
  #waiting: ((item: Item) => void) | undefined

  put(item: Item): void {
    if (this.#waiting === undefined) this.#items.push(item)
    else {
      this.#waiting(item)
      this.#waiting = undefined
    }
  }

  take(): Promise<Item> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift()!)
    return new Promise(resolve => {
      this.#waiting = resolve
    })
  }
}
