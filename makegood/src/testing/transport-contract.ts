import { describe, expect, onTestFinished, test } from 'vitest'
import type { Delivery, Link, PublishOptions, Transport } from '../ports/transport.ts'
import type { Envelope, Queue, Topology } from '../ports/wire.ts'

/**
 * What every transport promises, one scenario a sentence of the port. Run it against an adapter of your own:
 *
 * ```ts
 * transportContract('rabbitmq', () => rabbitmq({ url }))
 * ```
 *
 * `open` is called for each scenario; what it returns may reach the same broker each time, for every scenario has an
 * exchange and queues of its own.
 */
export function transportContract(name: string, open: () => Transport): void {
  describe(`transport: ${name}`, () => {
    describe('publish', () => publishing(open))
    describe('take', () => taking(open))
    describe('acknowledge', () => acknowledging(open))
    describe('waiting', () => counting(open))
    describe('close', () => closing(open))
    describe('a message', () => carrying(open))
    describe('under load', () => carryingMany(open))
  })
}

function publishing(open: () => Transport): void {
  test('a message goes to the queue whose binding its address matches, and to no other', async () => {
    const { sender, readers } = await scene(open, {
      payments: ['saga.*.command.payments.*'],
      orders: ['saga.*.event.payments.#'],
    })
    const sent = deliverInTheEnd(sender, [
      message('saga.1.command.payments.charge'),
      message('saga.1.event.payments.charge.success'),
    ])
    expect(addresses(await takeAll(readers.payments, 1))).toEqual(['saga.1.command.payments.charge'])
    expect(addresses(await takeAll(readers.orders, 1))).toEqual(['saga.1.event.payments.charge.success'])
    await sent
    expect(await readers.payments.take(10, 50)).toEqual([])
  })

  test('a binding reads * as one word and # as any number of them, none included', async () => {
    const bindings = { one: ['a.*.c'], any: ['a.#'], inside: ['a.#.c'], all: ['#'] }
    const { transport, sender, readers } = await scene(open, bindings)
    const messages = ['a', 'a.c', 'a.b.c', 'a.b.b.c', 'b.c', 'axc'].map(message)
    const sent = deliverInTheEnd(sender, ordered(transport, messages))
    expect(addresses(await takeAll(readers.one, 1))).toEqual(['a.b.c'])
    expect(addresses(await takeAll(readers.any, 4))).toEqual(['a', 'a.c', 'a.b.c', 'a.b.b.c'])
    expect(addresses(await takeAll(readers.inside, 3))).toEqual(['a.c', 'a.b.c', 'a.b.b.c'])
    expect(addresses(await takeAll(readers.all, 6))).toEqual(['a', 'a.c', 'a.b.c', 'a.b.b.c', 'b.c', 'axc'])
    await sent
    for (const link of Object.values<Link>(readers)) expect(await link.take(10, 20)).toEqual([])
  })

  test('two services bound to one event both get it', async () => {
    const { sender, readers } = await scene(open, { payments: ['order.created'], audit: ['order.*'] })
    const event = message('order.created')
    const sent = deliverInTheEnd(sender, [event])
    expect(ids(await takeAll(readers.payments, 1))).toEqual([event.id])
    expect(ids(await takeAll(readers.audit, 1))).toEqual([event.id])
    await sent
  })

  test('a queue with two bindings that match gets a message once', async () => {
    const { transport, sender, readers } = await scene(open, { audit: ['order.*', '#'] })
    const messages = [message('order.created'), message('order.cancelled')]
    const sent = deliverInTheEnd(sender, ordered(transport, messages))
    expect(addresses(await takeAll(readers.audit, 2))).toEqual(['order.created', 'order.cancelled'])
    await sent
    expect(await readers.audit.take(10, 20)).toEqual([])
  })

  test('the order of one call is kept, or of what has the same key in it', async () => {
    const { transport, sender, readers } = await scene(open, { payments: ['#'] })
    const messages = ordered(transport, many(500, 'payments.charge'))
    const sent = deliverInTheEnd(sender, messages)
    expect(ids(await takeAll(readers.payments, messages.length))).toEqual(ids(messages))
    await sent
  })

  test('a mandatory message that no queue takes is undeliverable, and holds up no other of the same call', async () => {
    const { sender, readers } = await scene(open, { payments: ['payments.*'] })
    const [lost, charge] = [message('shipping.ship'), message('payments.charge')]
    const taken = takeAll(readers.payments, 1)
    const published = await sender.publish([lost, charge])
    expect(published).toEqual({ confirmed: [charge.id], undeliverable: [lost.id] })
    expect(ids(await taken)).toEqual([charge.id])
  })

  test('a message that nobody must take is confirmed without readers', async () => {
    const { sender } = await scene(open, { payments: ['payments.*'] })
    const event: Envelope = { ...message('order.created'), mandatory: false }
    expect(await sender.publish([event])).toEqual({ confirmed: [event.id], undeliverable: [] })
  })

  test('a direct message goes to the queue that it names, past all bindings', async () => {
    const { sender, readers, queues } = await scene(open, { payments: ['nothing'], audit: ['#'] })
    const copy: Envelope = { ...message(queues.payments.name), direct: true }
    const sent = deliverInTheEnd(sender, [copy])
    expect(ids(await takeAll(readers.payments, 1))).toEqual([copy.id])
    await sent
    expect(await readers.audit.take(1, 20)).toEqual([])
  })

  test('the dead letter queue of every queue exists and takes what is sent to it', async () => {
    const { sender, queues } = await scene(open, { payments: ['payments.*'] })
    const copy: Envelope = { ...message(queues.payments.deadLetters), direct: true }
    expect(await sender.publish([copy])).toEqual({ confirmed: [copy.id], undeliverable: [] })
  })

  test('dead letters of some addresses may have a queue of their own', async () => {
    const { transport, topology, queues } = await scene(open, { payments: ['payments.*'] })
    const charges = `${queues.payments.name}.charge.dead-letter`
    const queue = { ...queues.payments, deadLettersByAddress: { 'payments.charge': charges } }
    const sender = await join(transport, { ...topology, queues: [queue] }, undefined)
    const copy: Envelope = { ...message(charges), direct: true }
    expect(await sender.publish([copy])).toEqual({ confirmed: [copy.id], undeliverable: [] })
  })

  test('publishing nothing resolves with nothing', async () => {
    const { sender } = await scene(open, {})
    expect(await sender.publish([])).toEqual({ confirmed: [], undeliverable: [] })
  })

  test('a message for a queue whose service is away is not lost and holds up no other reader', async () => {
    const { transport, topology, sender, readers, queues } = await scene(
      open,
      { audit: ['order.*'] },
      { away: ['order.*'] },
    )
    const event = message('order.created')
    const sent = deliverInTheEnd(sender, [event])
    expect(ids(await takeAll(readers.audit, 1))).toEqual([event.id])
    const late = await join(transport, topology, queues.away)
    expect(ids(await takeAll(late, 1))).toEqual([event.id])
    await sent
  })

  test('a confirmed message is held durably, or every reader has handled it', async () => {
    const { transport, sender, readers } = await scene(open, { payments: ['payments.*'], audit: ['#'] })
    let confirmed = false
    const sent = sender.publish([message('payments.charge')]).then(() => {
      confirmed = true
    })
    const payments = await takeUnacknowledged(readers.payments, 1)
    const audit = await takeUnacknowledged(readers.audit, 1)
    readers.payments.acknowledge(payments)
    if (!transport.traits.durable) {
      await nextTurn()
      expect(confirmed).toBe(false)
    }
    readers.audit.acknowledge(audit)
    await sent
    expect(confirmed).toBe(true)
  })

  test('after its link has closed, publish resolves without confirming anything', async () => {
    const { sender } = await scene(open, { payments: ['#'] })
    await sender.close()
    expect(await sender.publish([message('payments.charge')])).toEqual({ confirmed: [], undeliverable: [] })
  })
}

function taking(open: () => Transport): void {
  test('resolves with at most `max` messages, oldest first', async () => {
    const { transport, sender, readers } = await scene(open, { payments: ['#'] })
    const messages = ordered(transport, many(25, 'payments.charge'))
    const sent = deliverInTheEnd(sender, messages)
    const sizes: number[] = []
    const taken: Delivery[] = []
    while (taken.length < messages.length) {
      const batch = await readers.payments.take(10, 5_000)
      sizes.push(batch.length)
      taken.push(...batch)
      readers.payments.acknowledge(batch)
    }
    await sent
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1)
    expect(ids(taken)).toEqual(ids(messages))
  })

  test('resolves with nothing after waiting in vain', async () => {
    const { readers } = await scene(open, { payments: ['#'] })
    const began = performance.now()
    expect(await readers.payments.take(10, 100)).toEqual([])
    expect(performance.now() - began).toBeGreaterThanOrEqual(95)
  })

  test('resolves as soon as a message comes', async () => {
    const { sender, readers } = await scene(open, { payments: ['#'] })
    const taken = takeAll(readers.payments, 1)
    const began = performance.now()
    await deliverInTheEnd(sender, [message('payments.charge')])
    expect(await taken).toHaveLength(1)
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  test('holds no more unacknowledged messages than `prefetch`', async () => {
    const { transport, sender, readers } = await scene(open, { payments: ['#'] }, {}, { prefetch: 5 })
    const messages = ordered(transport, many(12, 'payments.charge'))
    const sent = deliverInTheEnd(sender, messages)
    const held: Delivery[] = []
    while (held.length < 5) held.push(...(await readers.payments.take(10, 5_000)))
    expect(ids(held)).toEqual(ids(messages.slice(0, 5)))
    expect(await readers.payments.take(10, 50)).toEqual([])
    readers.payments.acknowledge(held.slice(0, 3))
    const more: Delivery[] = []
    while (more.length < 3) more.push(...(await readers.payments.take(10, 5_000)))
    expect(ids(more)).toEqual(ids(messages.slice(5, 8)))
    readers.payments.acknowledge([...held.slice(3), ...more])
    await takeAll(readers.payments, 4)
    await sent
  })

  test('two links on one queue share its messages, each to one of them', async () => {
    const { transport, topology, sender, readers, queues } = await scene(
      open,
      { payments: ['#'] },
      {},
      { prefetch: 10 },
    )
    const second = await join(transport, topology, queues.payments, { prefetch: 10 })
    const messages = many(200, 'payments.charge')
    const taken: string[][] = [[], []]
    let ended = false
    const work = [readers.payments, second].map(async (link, index) => {
      while (!ended) {
        const batch = await link.take(5, 100)
        taken[index]!.push(...ids(batch))
        link.acknowledge(batch)
      }
    })
    await deliverInTheEnd(sender, messages)
    await until(() => taken.flat().length >= messages.length)
    ended = true
    await Promise.all(work)
    expect(taken.flat().toSorted()).toEqual(ids(messages).toSorted())
    expect(taken[0]!.length).toBeGreaterThan(0)
    expect(taken[1]!.length).toBeGreaterThan(0)
  })

  test('of a queue in order one link takes at a time, and another takes over what it leaves, oldest first', async () => {
    const { transport, topology, sender, readers, queues } = await scene(
      open,
      { payments: ['#'] },
      {},
      { inOrder: true },
    )
    const links = [readers.payments, await join(transport, topology, queues.payments)]
    const messages = ordered(transport, many(5, 'payments.charge'))
    const sent = deliverInTheEnd(sender, messages)
    const held: Delivery[][] = [[], []]
    while (held.flat().length < messages.length) {
      for (const [at, link] of links.entries()) held[at]!.push(...(await link.take(messages.length, 50)))
    }
    const one = held[0]!.length > 0 ? 0 : 1
    const [first, second] = [links[one]!, links[1 - one]!]
    expect(ids(held[one]!)).toEqual(ids(messages))
    expect(await second.take(10, 50)).toEqual([])
    first.acknowledge(held[one]!.slice(0, 2))
    await first.close()
    const expected = ids(messages).slice(transport.traits.comesAgain === 'pack' ? 0 : 2)
    const rest = await takeAll(second, expected.length)
    await sent
    expect(ids(rest)).toEqual(expected)
  })

  test('a first delivery is not marked as redelivered', async () => {
    const { sender, readers } = await scene(open, { payments: ['#'] })
    const sent = deliverInTheEnd(sender, [message('payments.charge')])
    const [delivery] = await takeAll(readers.payments, 1)
    await sent
    expect(delivery!.redelivered).toBe(false)
  })
}

function acknowledging(open: () => Transport): void {
  test('what was not acknowledged comes again, marked as redelivered, when its link has closed', async () => {
    const { transport, topology, sender, readers, queues } = await scene(open, { payments: ['#'] })
    const messages = ordered(transport, many(3, 'payments.charge'))
    const sent = deliverInTheEnd(sender, messages)
    const first = await takeUnacknowledged(readers.payments, 3)
    readers.payments.acknowledge([first[1]!])
    await readers.payments.close()
    const second = await join(transport, topology, queues.payments)
    const comesAgain = transport.traits.comesAgain ?? 'none'
    const expected = ids(messages).filter(id => comesAgain !== 'none' || id !== messages[1]!.id)
    const again = await takeAll(second, expected.length)
    await sent
    expect(ids(again)).toEqual(expected)
    expect(again.every(delivery => delivery.redelivered)).toBe(true)
    expect(await second.take(10, 50)).toEqual([])
  })

  test('what was not acknowledged comes to another link on the same queue', async () => {
    const { transport, topology, sender, readers, queues } = await scene(open, { payments: ['#'] })
    const messages = ordered(transport, many(3, 'payments.charge'))
    const sent = deliverInTheEnd(sender, messages)
    await takeUnacknowledged(readers.payments, 3)
    const second = await join(transport, topology, queues.payments)
    await readers.payments.close()
    const again = await takeAll(second, 3)
    await sent
    expect(ids(again)).toEqual(ids(messages))
    expect(again.every(delivery => delivery.redelivered)).toBe(true)
  })

  test('after its link has closed it does nothing', async () => {
    const { transport, topology, sender, readers, queues } = await scene(open, { payments: ['#'] })
    const sent = deliverInTheEnd(sender, [message('payments.charge')])
    const taken = await takeUnacknowledged(readers.payments, 1)
    await readers.payments.close()
    readers.payments.acknowledge(taken)
    const second = await join(transport, topology, queues.payments)
    expect(ids(await takeAll(second, 1))).toEqual(ids(taken))
    await sent
  })

  test('twice is as good as once', async () => {
    const { sender, readers } = await scene(open, { payments: ['#'] })
    const sent = deliverInTheEnd(sender, many(2, 'payments.charge'))
    const taken = await takeUnacknowledged(readers.payments, 2)
    readers.payments.acknowledge([taken[0]!, taken[0]!])
    readers.payments.acknowledge(taken)
    await sent
    await deliverAndTake(sender, readers.payments, message('payments.refund'))
  })

  test('in any order, of thousands of messages, leaves none behind and takes none twice', async () => {
    const { transport, topology, sender, readers, queues } = await scene(
      open,
      { payments: ['#'] },
      {},
      { prefetch: 300 },
    )
    const messages = ordered(transport, many(3_000, 'payments.charge'))
    const sent = deliverInTheEnd(sender, messages)
    const taken: string[] = []
    const random = chance(7)
    let held: Delivery[] = []
    while (taken.length < messages.length) {
      const batch = await readers.payments.take(50, 5_000)
      taken.push(...ids(batch))
      held.push(...batch)
      if (held.length < 250 && taken.length < messages.length) continue
      const shuffled = held.map(delivery => ({ delivery, at: random() })).sort((a, b) => a.at - b.at)
      held = []
      while (shuffled.length > 0) {
        const some = shuffled.splice(0, 1 + Math.floor(random() * 40))
        readers.payments.acknowledge(some.map(({ delivery }) => delivery))
      }
    }
    await sent
    expect(taken).toEqual(ids(messages))
    await readers.payments.close()
    const second = await join(transport, topology, queues.payments)
    expect(await second.take(10, 50)).toEqual([])
  })
}

function counting(open: () => Transport): void {
  test('tells how many messages of its queue nobody has taken', async () => {
    const { transport, sender, readers } = await scene(open, { payments: ['#'] }, {}, { prefetch: 5 })
    const { payments } = readers
    const soon = { timeout: 10_000 }
    const sent = deliverInTheEnd(sender, ordered(transport, many(12, 'payments.charge')))
    const held = await takeUnacknowledged(payments, 5)
    await expect.poll(() => payments.waiting(), soon).toBe(7)
    payments.acknowledge(held)
    payments.acknowledge(await takeUnacknowledged(payments, 3))
    await expect.poll(() => payments.waiting(), soon).toBe(4)
    await takeAll(payments, 4)
    await expect.poll(() => payments.waiting(), soon).toBe(0)
    await sent
  })

  test('tells nothing without a queue, and when its link has closed', async () => {
    const { sender, readers } = await scene(open, { payments: ['#'] })
    expect(await sender.waiting()).toBeUndefined()
    await readers.payments.close()
    expect(await readers.payments.waiting()).toBeUndefined()
  })
}

function closing(open: () => Transport): void {
  test('a waiting take resolves with nothing', async () => {
    const { readers } = await scene(open, { payments: ['#'] })
    const taken = readers.payments.take(10, 30_000)
    await readers.payments.close()
    expect(await taken).toEqual([])
    expect(await readers.payments.take(10, 30_000)).toEqual([])
  })

  test('may be called twice, and the link is closed', async () => {
    const { readers } = await scene(open, { payments: ['#'] })
    expect(readers.payments.state).toEqual({ state: 'connected' })
    await Promise.all([readers.payments.close(), readers.payments.close()])
    await readers.payments.close()
    expect(readers.payments.state).toEqual({ state: 'closed' })
  })

  test('tells that it is closed as soon as that begins', async () => {
    const { sender, readers } = await scene(open, { payments: ['#'] })
    for (const link of [sender, readers.payments]) {
      const closing = link.close()
      expect(link.state).toEqual({ state: 'closed' })
      await closing
    }
  })

  test('waits for confirms that are due', async () => {
    const { sender, readers } = await scene(open, { payments: ['#'] })
    const messages = many(20, 'payments.charge')
    const published = sender.publish(messages)
    const taken = takeAll(readers.payments, messages.length)
    await sender.close()
    expect((await published).confirmed).toEqual(ids(messages))
    await taken
  })
}

function carrying(open: () => Transport): void {
  test('arrives as it was sent: id, address, headers and body, in any script', async () => {
    const { sender, readers } = await scene(open, { payments: ['#'] })
    const sent: Envelope = {
      ...message('payments.charge'),
      headers: { 'ce-type': 'payments.charge', tenant: 'Zoë & Søren', empty: '', trace: '00-4bf9-01' },
      body: JSON.stringify({ text: 'naïve 漢字 🧾 \u0000 \u2028', amount: 12_345_678_901 }),
      mandatory: true,
    }
    const done = deliverInTheEnd(sender, [sent])
    const [{ envelope }] = (await takeAll(readers.payments, 1)) as [Delivery]
    await done
    expect(envelope).toMatchObject({ id: sent.id, address: sent.address, headers: sent.headers, body: sent.body })
  })

  test('may be empty', async () => {
    const { sender, readers } = await scene(open, { payments: ['#'] })
    const done = deliverInTheEnd(sender, [{ ...message('payments.charge'), headers: {}, body: '' }])
    const [{ envelope }] = (await takeAll(readers.payments, 1)) as [Delivery]
    await done
    expect(envelope).toMatchObject({ headers: {}, body: '' })
  })

  test('may be as large as 4 MiB', async () => {
    const { transport, sender, readers } = await scene(open, { payments: ['#'] })
    const body = JSON.stringify('ö'.repeat(2 * 1024 * 1024))
    const messages = [{ ...message('payments.charge'), body }, message('payments.refund')]
    const done = deliverInTheEnd(sender, ordered(transport, messages))
    const taken = await takeAll(readers.payments, 2)
    await done
    expect(taken[0]!.envelope.body === body).toBe(true)
    expect(taken[1]!.envelope.address).toBe('payments.refund')
  })
}

function carryingMany(open: () => Transport): void {
  test('a hundred calls of publish at once are all confirmed, each with its own messages', async () => {
    const { sender, readers } = await scene(open, { payments: ['payments.*'] })
    const calls = Array.from({ length: 100 }, (_, call) =>
      many(1 + (call % 7), call % 10 === 9 ? 'nowhere' : 'payments.charge'),
    )
    const expected = calls.flat().filter(({ address }) => address !== 'nowhere')
    const taken = takeAll(readers.payments, expected.length)
    const published = await Promise.all(calls.map(messages => sender.publish(messages)))
    for (const [call, { confirmed, undeliverable }] of published.entries()) {
      const mine = ids(calls[call]!).toSorted()
      expect([confirmed.toSorted(), undeliverable.toSorted()]).toEqual(call % 10 === 9 ? [[], mine] : [mine, []])
    }
    expect(ids(await taken).toSorted()).toEqual(ids(expected).toSorted())
  })

  test('ten thousand messages pass through a link that takes while others publish', async () => {
    const { transport, topology, sender, readers } = await scene(open, { payments: ['#'] })
    const second = await join(transport, topology, undefined)
    const half = 5_000
    const taken = takeAll(readers.payments, 2 * half)
    const batches = (link: Link) =>
      Promise.all(Array.from({ length: half / 50 }, () => deliverInTheEnd(link, many(50, 'payments.charge'))))
    await Promise.all([batches(sender), batches(second)])
    expect(new Set(ids(await taken)).size).toBe(2 * half)
  })
}

interface Scene<Present extends string, Away extends string> {
  readonly transport: Transport
  readonly topology: Topology
  readonly queues: { readonly [Service in Present | Away]: Queue }
  readonly sender: Link
  readonly readers: { readonly [Service in Present]: Link }
}

/** Services that read what their bindings say, and one that sends. Those who are away have a queue and no link. */
async function scene<Present extends string, Away extends string = never>(
  open: () => Transport,
  present: { readonly [Service in Present]: readonly string[] },
  away = {} as { readonly [Service in Away]: readonly string[] },
  options: { readonly prefetch?: number; readonly inOrder?: boolean } = {},
): Promise<Scene<Present, Away>> {
  const unique = Math.random().toString(36).slice(2, 10)
  const queues = {} as { [Service in Present | Away]: Queue }
  for (const [service, bindings] of Object.entries({ ...present, ...away }) as [Present | Away, readonly string[]][]) {
    const name = `contract.${unique}.${service}`
    const inOrder = options.inOrder ?? false
    queues[service] = { name, service, bindings, deadLetters: `${name}.dead-letter`, inOrder }
  }
  const topology: Topology = { exchange: `contract.${unique}`, queues: Object.values(queues) }
  const transport = open()
  const readers = {} as { [Service in Present]: Link }
  for (const service of Object.keys(present) as Present[]) {
    readers[service] = await join(transport, topology, queues[service], options)
  }
  const sender = await join(transport, topology, undefined)
  return { transport, topology, queues, sender, readers }
}

/** A connected link that is closed when the test is over. */
async function join(
  transport: Transport,
  topology: Topology,
  queue: Queue | undefined,
  { prefetch = 200 }: { readonly prefetch?: number } = {},
): Promise<Link> {
  const link = transport.connect({
    service: queue?.service ?? 'sender',
    topology,
    queue,
    prefetch,
    report: () => {},
  })
  onTestFinished(() => link.close())
  await until(() => link.state.state === 'connected')
  return link
}

let count = 0

function message(address: string): Envelope {
  count += 1
  return {
    id: `message-${count}-${Math.random()}`,
    address,
    mandatory: true,
    headers: { n: `${count}` },
    body: `{"n":${count}}`,
  }
}

function many(length: number, address: string): readonly Envelope[] {
  return Array.from({ length }, () => message(address))
}

/** As they are, or with one key where that is what order is kept of. */
function ordered({ traits }: Transport, messages: readonly Envelope[]): readonly Envelope[] {
  return traits.keepsOrderOf === 'key' ? messages.map(message => ({ ...message, key: 'one' })) : messages
}

/** What an outbox does: publishes what was not confirmed again, until all is. */
async function deliverInTheEnd(link: Link, envelopes: readonly Envelope[]): Promise<void> {
  let left = envelopes
  let options: PublishOptions | undefined
  while (left.length > 0 && link.state.state !== 'closed') {
    const confirmed = new Set((await link.publish(left, options)).confirmed)
    left = left.filter(({ id }) => !confirmed.has(id))
    options = { mayHaveBeenSent: true }
    if (left.length > 0) await nextTurn()
  }
}

async function takeUnacknowledged(link: Link, count: number): Promise<readonly Delivery[]> {
  const taken: Delivery[] = []
  while (taken.length < count) taken.push(...(await link.take(Math.min(50, count - taken.length), 5_000)))
  return taken
}

async function takeAll(link: Link, count: number): Promise<readonly Delivery[]> {
  const taken: Delivery[] = []
  while (taken.length < count && link.state.state !== 'closed') {
    const batch = await link.take(Math.min(50, count - taken.length), 5_000)
    link.acknowledge(batch)
    taken.push(...batch)
  }
  return taken
}

async function deliverAndTake(sender: Link, reader: Link, envelope: Envelope): Promise<void> {
  const sent = deliverInTheEnd(sender, [envelope])
  expect(ids(await takeAll(reader, 1))).toEqual([envelope.id])
  await sent
}

function ids(of: readonly (Delivery | Envelope)[]): readonly string[] {
  return of.map(item => ('envelope' in item ? item.envelope.id : item.id))
}

function addresses(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ envelope }) => envelope.address)
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > giveUpAt) throw new Error('what the test waits for did not come true in 20 s')
    await nextTurn()
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 5))
}

/** The same numbers from 0 to 1 each time (a linear congruential generator). */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
