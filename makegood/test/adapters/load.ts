import { expect, onTestFinished } from 'vitest'
import type { Delivery, Link } from '../../src/ports/transport.ts'
import type { Envelope } from '../../src/ports/wire.ts'

/**
 * Publishes and takes without pause, as an outbox and an inbox do: what is not confirmed is published again, and what is
 * confirmed must be taken in the end.
 */
export function under(link: Link): Load {
  const confirmed = new Set<string>()
  const taken = new Set<string>()
  let publishing = true
  const published = (async () => {
    while (publishing) {
      let left = Array.from({ length: 20 }, () => message('orders.place'))
      while (left.length > 0) {
        for (const id of (await link.publish(left)).confirmed) confirmed.add(id)
        left = left.filter(({ id }) => !confirmed.has(id))
        await nextTurn()
      }
    }
  })()
  let taking = true
  const took = (async () => {
    while (taking) {
      const batch = await link.take(50, 100)
      for (const { envelope } of batch) taken.add(envelope.id)
      link.acknowledge(batch)
    }
  })()
  onTestFinished(() => {
    publishing = false
    taking = false
  })
  return {
    taken,
    finish: async () => {
      publishing = false
      await published
      await until(() => [...confirmed].every(id => taken.has(id)))
      taking = false
      await took
      expect(confirmed.size).toBeGreaterThan(0)
      expect([...taken].toSorted()).toEqual([...confirmed].toSorted())
    },
  }
}

export interface Load {
  readonly taken: ReadonlySet<string>
  /** Publishes nothing further, and waits until all that was confirmed has been taken. */
  finish(): Promise<void>
}

let count = 0

export function message(address: string): Envelope {
  count += 1
  return {
    id: `message-${count}-${Math.random()}`,
    address,
    mandatory: true,
    headers: { n: `${count}` },
    body: `{"n":${count}}`,
  }
}

export async function takeSome(link: Link, count: number): Promise<readonly Delivery[]> {
  const taken: Delivery[] = []
  while (taken.length < count) taken.push(...(await link.take(count - taken.length, 10_000)))
  return taken
}

export async function until(holds: () => boolean, withinMs = 40_000): Promise<void> {
  const giveUpAt = Date.now() + withinMs
  while (!holds()) {
    if (Date.now() > giveUpAt) throw new Error(`what the test waits for did not come true in ${withinMs} ms: ${holds}`)
    await nextTurn()
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 5))
}
