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
      const messages = Array.from({ length: 20 }, () => message('orders.place'))
      await publishInTheEnd(link, messages)
      for (const { id } of messages) confirmed.add(id)
      await nextTurn()
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

/** Publishes again what was not confirmed, until everything is. */
export async function publishInTheEnd(link: Link, envelopes: readonly Envelope[]): Promise<void> {
  let left = envelopes
  while (left.length > 0) {
    const { confirmed } = await link.publish(left)
    left = left.filter(({ id }) => !confirmed.includes(id))
    if (left.length > 0) await nextTurn()
  }
}

/** Takes so many, and leaves them unacknowledged. */
export function takeSome(link: Link, count: number): Promise<readonly Delivery[]> {
  return taken(link, count, () => {})
}

/** Takes so many, and acknowledges them as they come. */
export function handleSome(link: Link, count: number): Promise<readonly Delivery[]> {
  return taken(link, count, batch => link.acknowledge(batch))
}

async function taken(
  link: Link,
  count: number,
  each: (batch: readonly Delivery[]) => void,
): Promise<readonly Delivery[]> {
  const all: Delivery[] = []
  while (all.length < count) {
    const batch = await link.take(Math.min(50, count - all.length), 10_000)
    each(batch)
    all.push(...batch)
  }
  return all
}

export async function until(holds: () => boolean | Promise<boolean>, withinMs = 90_000): Promise<void> {
  const giveUpAt = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`what the test waits for did not come true in ${withinMs} ms: ${holds}`)
    await nextTurn()
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 5))
}
