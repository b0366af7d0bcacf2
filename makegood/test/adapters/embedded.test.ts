import { expect, onTestFinished, test } from 'vitest'
import { type EmbeddedTransport, embedded } from '../../src/adapters/embedded/index.ts'
import type { Link, Published } from '../../src/ports/transport.ts'
import type { Envelope, Queue, Topology } from '../../src/ports/wire.ts'
import { transportContract } from '../../src/testing/transport-contract.ts'

transportContract('embedded', embedded)

const payments: Queue = queueOf('payments')
const audit: Queue = queueOf('audit')
const topology: Topology = { exchange: 'saga', queues: [payments, audit] }

test('a message is confirmed when the last of its readers has acknowledged it, and not before', async () => {
  const { sender, first, second } = scene()
  const order = message('order.placed')
  const published = answerOf(sender.publish([order]))
  first.acknowledge(await first.take(1, 1_000))
  expect(await published.now()).toBe('open')
  second.acknowledge(await second.take(1, 1_000))
  expect(await published.now()).toEqual({ confirmed: [order.id], undeliverable: [] })
})

test('a message for a service that is not connected stays with its sender, who is told at once', async () => {
  const transport = embedded()
  const sender = connect(transport)
  expect(await sender.publish([message('order.placed')])).toEqual({ confirmed: [], undeliverable: [] })
})

test('when a reader closes its link, the sender is told at once of what it had not acknowledged', async () => {
  const { sender, first, second } = scene()
  const [taken, waiting] = [message('payments.charge'), message('payments.charge')]
  const published = answerOf(sender.publish([taken, waiting]))
  await first.take(1, 1_000)
  await first.close()
  expect(await published.now()).toEqual({ confirmed: [], undeliverable: [] })
  expect(await second.take(1, 10)).toEqual([])
})

test('a message that is published again while it is in a queue is not put there twice', async () => {
  const { sender, first } = scene()
  const charge = message('payments.charge')
  const published = [1, 2, 3].map(() => answerOf(sender.publish([charge])))
  const taken = await first.take(10, 1_000)
  expect(taken.map(({ envelope }) => envelope.id)).toEqual([charge.id])
  for (const answer of published) expect(await answer.now()).toBe('open')
  first.acknowledge(taken)
  for (const answer of published) expect(await answer.now()).toEqual({ confirmed: [charge.id], undeliverable: [] })
})

test('a reader that has acknowledged a message does not get it again because another has not', async () => {
  const { transport, sender, first, second } = scene()
  const order = message('order.placed')
  const published = sender.publish([order])
  first.acknowledge(await first.take(1, 1_000))
  await second.close()
  expect((await published).confirmed).toEqual([])
  const back = connect(transport, audit)
  const again = answerOf(sender.publish([order], { mayHaveBeenSent: true }))
  const taken = await back.take(1, 1_000)
  expect(taken).toMatchObject([{ redelivered: true, envelope: { id: order.id } }])
  back.acknowledge(taken)
  expect(await again.now()).toEqual({ confirmed: [order.id], undeliverable: [] })
  expect(await first.take(1, 10)).toEqual([])
})

test('what comes from the outbox is marked: a process may have died of it', async () => {
  const { sender, first } = scene()
  void sender.publish([message('payments.charge')])
  void sender.publish([message('payments.charge')], { mayHaveBeenSent: true })
  expect((await first.take(10, 1_000)).map(({ redelivered }) => redelivered)).toEqual([false, true])
})

test('what a service has not handled is counted, with it or with the senders who keep it while it is away', async () => {
  const { transport, sender, first, second } = scene()
  const counts = () => [transport.unhandled('payments'), transport.unhandled('audit'), transport.unhandled('nowhere')]
  void sender.publish([message('order.placed')])
  void sender.publish([message('payments.charge')])
  expect(counts()).toEqual([2, 1, 0])
  first.acknowledge(await first.take(1, 1_000))
  second.acknowledge(await second.take(1, 1_000))
  expect(counts()).toEqual([1, 0, 0])
  await first.close()
  void sender.publish([message('order.placed')])
  expect(counts()).toEqual([2, 1, 0])
})

test('the last thousand copies of dead letters are kept to be looked at', async () => {
  const { transport, sender } = scene()
  const copies = Array.from({ length: 1_001 }, () => ({ ...message(payments.deadLetters), direct: true as const }))
  expect((await sender.publish(copies)).confirmed).toHaveLength(1_001)
  const kept = transport.deadLetters(payments.deadLetters)
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, copies[1], copies[1_000]])
  expect(transport.deadLetters('nowhere')).toEqual([])
})

test('services that wait for each other do not stand still', async () => {
  const { sender, first, second } = scene()
  const answers = (async () => {
    for (let handled = 0; handled < 500; ) {
      const taken = await first.take(10, 1_000)
      handled += taken.length
      void first.publish(taken.map(() => message('audit.charged')))
      first.acknowledge(taken)
    }
  })()
  const noted = (async () => {
    for (let handled = 0; handled < 500; ) {
      const taken = await second.take(10, 1_000)
      handled += taken.length
      second.acknowledge(taken)
    }
  })()
  const commands = Array.from({ length: 500 }, () => message('payments.charge'))
  expect((await sender.publish(commands)).confirmed).toHaveLength(500)
  await Promise.all([answers, noted])
})

/** `payments` and `audit` read, and a third service sends. */
function scene() {
  const transport = embedded()
  return {
    transport,
    sender: connect(transport),
    first: connect(transport, payments),
    second: connect(transport, audit),
  }
}

function queueOf(service: string): Queue {
  return { name: service, service, bindings: [`${service}.*`, 'order.#'], deadLetters: `${service}.dead-letter` }
}

function connect(transport: EmbeddedTransport, queue?: Queue): Link {
  const link = transport.connect({ service: 'any', topology, queue, prefetch: 100, report: () => {} })
  onTestFinished(() => link.close())
  return link
}

let count = 0

function message(address: string): Envelope {
  count += 1
  return { id: `message-${count}`, address, mandatory: true, headers: {}, body: '{}' }
}

/** Whether publish has answered yet, after all that can happen by itself has happened. */
function answerOf(published: Promise<Published>) {
  let answer: Published | 'open' = 'open'
  void published.then(known => {
    answer = known
  })
  return {
    now: async () => {
      await new Promise(resolve => setImmediate(resolve))
      return answer
    },
  }
}
