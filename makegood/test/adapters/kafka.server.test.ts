import { setTimeout as pause } from 'node:timers/promises'
import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type KafkaServer, provideKafka, startKafka, startOwnKafka } from '../../../scripts/servers/kafka.ts'
import { type KafkaOptions, kafka } from '../../src/adapters/kafka/index.ts'
import { MakegoodError } from '../../src/model/errors.ts'
import type { Delivery, Link, LinkEvent } from '../../src/ports/transport.ts'
import type { Envelope, Queue, Topology } from '../../src/ports/wire.ts'
import { transportContract } from '../../src/testing/transport-contract.ts'
import { badBroker, badNetwork } from './bad-days.ts'
import { handleSome, message, publishInTheEnd, takeSome, until } from './load.ts'
import { wayTo } from './network.ts'

const isThere = await provideKafka()

describe.skipIf(!isThere)('kafka', () => {
  let server: KafkaServer
  /** Whoever comes or goes is noticed soon. */
  const shared = (): KafkaOptions => ({ brokers: server.brokers, partitions: 3, heartbeatMs: 100 })

  beforeAll(async () => {
    server = await startKafka()
  })
  afterAll(() => server?.stop())

  transportContract('kafka', () => kafka(shared()))

  describe('topics', () => {
    test('an address that is bound by name is a topic that all its queues read, each message once in it', async () => {
      const topology = topologyOf({ stock: ['reserve', 'cancel'], audit: ['reserve'] })
      const { link } = await joined(shared(), topology)
      const stock = (await joined(shared(), topology, 'stock')).link
      const audit = (await joined(shared(), topology, 'audit')).link
      const [reserve, cancel] = [message('reserve'), message('cancel')]
      await link.publish([reserve, cancel])
      expect(idsOf(await handleSome(stock, 2)).toSorted()).toEqual([reserve.id, cancel.id].toSorted())
      expect(idsOf(await handleSome(audit, 1))).toEqual([reserve.id])
      expect(await recordsIn(`${topology.exchange}.reserve`)).toHaveLength(1)
      expect(await recordsIn(topologyQueue(topology, 'stock').name)).toEqual([])
    })

    test('are named after the addresses alone where the exchange has no name', async () => {
      const address = `placed-${unique()}`
      const topology = { ...topologyOf({ orders: [address] }), exchange: '' }
      const { link } = await joined(shared(), topology, 'orders')
      const sent = message(address)
      await link.publish([sent])
      expect(idsOf(await handleSome(link, 1))).toEqual([sent.id])
      expect(await recordsIn(address)).toHaveLength(1)
    })

    test('what a queue in order binds stands in one topic, so that order is kept across addresses', async () => {
      const topology = topologyOf({ ledger: ['paid', 'refunded'] }, { inOrder: true })
      const { link } = await joined(shared(), topology, 'ledger')
      const messages = Array.from({ length: 60 }, (_, at) => ({
        ...message(at % 2 ? 'paid' : 'refunded'),
        key: 'account-1',
      }))
      await link.publish(messages)
      expect(idsOf(await handleSome(link, 60))).toEqual(idsOf(messages))
    })

    test.each([
      [{ exchange: 'a b', queues: ['orders'] }, 'a b.placed cannot be a topic'],
      [
        { exchange: '', queues: ['orders', 'placed'] },
        'the queue placed has the name of a topic that it does not bind',
      ],
    ])('that cannot be are refused: %j', ({ exchange, queues }, says) => {
      const topology = {
        exchange,
        queues: queues.map(name => queueOf(name, name, [name === 'orders' ? 'placed' : 'other'])),
      }
      expect(() => kafka(shared()).connect(linkTo(topology))).toThrow(says)
    })

    test('that are missing and may not be made are named, and waited for', async () => {
      const topology = topologyOf({ orders: ['placed'] })
      const { link, events } = opened({ ...shared(), createTopics: false }, topology, 'orders')
      await until(() => events.length > 0)
      expect(events[0]).toMatchObject({ level: 'error', cause: { code: 'TOPOLOGY_MISMATCH' } })
      expect(events[0]!.message).toContain('Topics are missing and could not be made (createTopics is false)')
      expect(events[0]!.message).toContain(`${topology.exchange}.placed`)
      await joined(shared(), topology)
      await until(() => link.state.state === 'connected')
    })

    test('that cannot be made so are named with the reason', async () => {
      const { events } = opened({ ...shared(), replicationFactor: 3 }, topologyOf({ orders: ['placed'] }))
      await until(() => events.length > 0)
      expect(events[0]).toMatchObject({ level: 'error', cause: { code: 'TOPOLOGY_MISMATCH' } })
      expect(events[0]!.message).toMatch(/INVALID_REPLICATION_FACTOR.*3 partitions and 3 replicas/)
    })

    test('that are deleted are made again', async () => {
      const { link, topology } = await joined(shared(), topologyOf({ orders: ['placed'] }), 'orders')
      await withAdmin(admin => admin.deleteTopics({ topics: [`${topology.exchange}.placed`] }))
      await until(() => link.state.state === 'connecting')
      await until(() => link.state.state === 'connected')
      const sent = message('placed')
      await publishInTheEnd(link, [sent])
      expect(idsOf(await handleSome(link, 1))).toEqual([sent.id])
    })

    test('that get more partitions are read on, the new ones too', async () => {
      const { link, topology } = await joined(
        { ...shared(), partitions: 1 },
        topologyOf({ orders: ['placed'] }),
        'orders',
      )
      const topic = `${topology.exchange}.placed`
      await withAdmin(admin =>
        admin.createPartitions({
          topics: [{ name: topic, count: 4, assignments: [1, 2, 3].map(() => ({ brokerIds: [1] })) }],
        }),
      )
      await foreign([{ topic, partition: 3, value: Buffer.from('new') }])
      const [delivery] = await handleSome(link, 1)
      expect(delivery!.envelope.body).toBe('new')
    }, 90_000)
  })

  describe('what others write', () => {
    test('arrives, whatever it is: no id, no headers, no value, bytes that are no text', async () => {
      const { link, topic } = await reader(shared())
      await foreign([
        { topic, partition: 0, value: Buffer.from('{"order":1}') },
        { topic, partition: 0, key: Buffer.from('order-1') },
        { topic, partition: 0, value: Buffer.from([0xff, 0xfe, 0x00, 0x80]) },
        {
          topic,
          partition: 0,
          value: Buffer.from('{}'),
          headers: headersOf({ __TypeId__: 'com.shop.Order', note: 'Zoë' }),
        },
      ])
      const taken = await handleSome(link, 4)
      expect(taken.map(({ envelope: { headers, body } }) => [headers, body])).toEqual([
        [{}, '{"order":1}'],
        [{}, ''],
        [{ 'makegood-unreadable': 'The body is not UTF-8.' }, expect.stringContaining('\ufffd')],
        [{ __TypeId__: 'com.shop.Order', note: 'Zoë' }, '{}'],
      ])
      expect(taken.map(({ envelope }) => [envelope.id, envelope.address])).toEqual(
        [0, 1, 2, 3].map(offset => [`${topic}:0:${offset}`, 'placed']),
      )
    })

    test('without an id has the same one when it comes again', async () => {
      const { link, topic, again } = await reader(shared())
      await foreign([{ topic, partition: 1, value: Buffer.from('a') }])
      const first = await takeSome(link, 1)
      await link.close()
      const second = await handleSome((await again()).link, 1)
      expect([second[0]!.redelivered, second[0]!.envelope]).toEqual([true, first[0]!.envelope])
    })

    test('is taken though it is large, and what comes after it too', async () => {
      const { link, topic } = await reader(shared())
      await foreign([{ topic, partition: 0, value: Buffer.alloc(8_000_000, 'x') }])
      await foreign([{ topic, partition: 0, value: Buffer.from('small') }])
      const taken = await handleSome(link, 2)
      expect(taken.map(({ envelope }) => envelope.body.length)).toEqual([8_000_000, 5])
    })

    test('is passed over where a transaction was given up', async () => {
      const { link, topic } = await reader(shared())
      const producer = foreignProducer({ idempotent: true, transactionalId: `writer-${unique()}` })
      const one = async (body: string, ends: 'commit' | 'abort') => {
        const transaction = await producer.beginTransaction()
        await transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from(body) }] })
        await transaction[ends]()
      }
      await one('first', 'commit')
      await one('given up', 'abort')
      await one('second', 'commit')
      expect((await handleSome(link, 2)).map(({ envelope }) => envelope.body)).toEqual(['first', 'second'])
    })
  })

  describe('what we write', () => {
    test('has id and headers as headers, the body as its value, and the key as its key', async () => {
      const { link, topic } = await reader(shared())
      const sent = { ...message('placed'), key: 'order-7', headers: { tenant: 'Zoë' }, body: '{"n":7}' }
      await link.publish([sent])
      const [record] = await recordsIn(topic)
      expect(record).toEqual({ key: 'order-7', value: '{"n":7}', headers: { tenant: 'Zoë', 'makegood-id': sent.id } })
    })

    test('is in the partition that Java clients choose for its key', async () => {
      const { link } = await reader({ ...shared(), partitions: 50 })
      // From Kafka's own UtilsTest: murmur2 of these words.
      const words = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536 }
      await link.publish(Object.keys(words).map(key => ({ ...message('placed'), key, body: key })))
      for (const delivery of await handleSome(link, 3)) {
        const { place, envelope } = delivery as unknown as { place: { partition: number }; envelope: Envelope }
        expect(place.partition).toBe((words[envelope.body as keyof typeof words] & 0x7fff_ffff) % 50)
      }
    })

    test('and is larger than its topic allows stays behind with a report, and holds up no other message', async () => {
      const options = { ...shared(), topicConfig: { 'max.message.bytes': '100000' } }
      const { link, events } = await reader(options)
      const large = { ...message('placed'), id: 'large', body: 'x'.repeat(200_000) }
      const [before, after] = [message('placed'), message('placed')]
      const { confirmed } = await link.publish([before, large, after])
      expect(confirmed.toSorted()).toEqual([before.id, after.id].toSorted())
      expect(events.at(-1)!.message).toMatch(/^large to placed cannot be written to the topic \S+: it is larger/)
      expect(idsOf(await handleSome(link, 2)).toSorted()).toEqual([before.id, after.id].toSorted())
    })
  })

  describe('a link that cannot connect', () => {
    test('says that nobody is there, once, and closes at once', async () => {
      const { link, events } = opened({ brokers: ['127.0.0.1:1'] }, topologyOf({ orders: ['placed'] }))
      await until(() => events.length > 0)
      expect(events[0]).toMatchObject({ level: 'warn', cause: { code: 'TRANSPORT_UNAVAILABLE' } })
      expect(events[0]!.message).toBe(
        'orders (publishing): Kafka at 127.0.0.1:1 is not there: start it, or correct the brokers; trying again meanwhile',
      )
      expect(await link.publish([message('placed')])).toEqual({ confirmed: [], undeliverable: [] })
      const began = performance.now()
      await link.close()
      expect(link.state).toEqual({ state: 'closed' })
      expect(performance.now() - began).toBeLessThan(1_000)
      expect(events).toHaveLength(1)
    })

    test('says that a session is not allowed', async () => {
      const options = { ...shared(), sessionMs: 600_000, brokers: server.brokers }
      const { link, events } = opened({ ...options, sessionMs: 1_000 }, topologyOf({ orders: ['placed'] }), 'orders')
      await until(() => link.state.state === 'connected' || events.some(({ level }) => level === 'error'))
      // Brokers of our own allow it; those of the environment may not.
      if (link.state.state !== 'connected')
        expect(events.at(-1)!.message).toContain('does not allow the sessionMs 1000')
    })

    test.each([
      [{ brokers: ['kafka://127.0.0.1:9092'] }, 'The option brokers of kafka has "kafka://127.0.0.1:9092"'],
      [{ brokers: [] }, 'The option brokers of kafka is empty'],
      [{ partitions: 0 }, 'The option partitions of kafka is 0, where a whole number from 1 to 1000 is expected'],
      [{ replicationFactor: 1.5 }, 'The option replicationFactor of kafka is 1.5'],
      [{ sessionMs: 10 }, 'The option sessionMs of kafka is 10'],
      [
        { sessionMs: 3_000, heartbeatMs: 1_001 },
        'The option heartbeatMs of kafka is 1001, where a whole number from 100 to 1000',
      ],
    ] satisfies [KafkaOptions, string][])('is not even made with options that can never work: %j', (options, says) => {
      expect(() => kafka(options)).toThrow(MakegoodError)
      expect(() => kafka(options)).toThrow(says)
    })
  })

  describe('members of a group', () => {
    test('that come while messages are in hand lose none of them, and acknowledge none that has gone to others', async () => {
      const scene = await reader(shared())
      const messages = Array.from({ length: 300 }, () => message('placed'))
      expect((await scene.link.publish(messages)).confirmed).toHaveLength(300)
      const held = await takeSome(scene.link, 100)
      const { link: second } = await scene.again()
      await until(() => scene.link.state.state === 'connected' && second.state.state === 'connected')
      scene.link.acknowledge(held)
      const taken = [idsOf(held), [] as string[]]
      for (let silent = 0; silent < 2; ) {
        const before = taken.flat().length
        for (const [at, link] of [scene.link, second].entries()) {
          const batch = await link.take(50, 300)
          taken[at]!.push(...idsOf(batch))
          link.acknowledge(batch)
        }
        silent = taken.flat().length === before ? silent + 1 : 0
      }
      expect(new Set(taken.flat())).toEqual(new Set(idsOf(messages)))
      expect(taken[1]!.length).toBeGreaterThan(0)
      // What stayed with the first is not taken twice.
      expect(new Set(taken[0]).size).toBe(taken[0]!.length)
      await Promise.all([scene.link.close(), second.close()])
      expect(await (await scene.again()).link.take(10, 500)).toEqual([])
    })

    test('that are slow to handle what they have keep it: heartbeats go on, and nothing more is fetched', async () => {
      const scene = await reader({ ...shared(), sessionMs: 1_000, heartbeatMs: 100 }, 50)
      await scene.link.publish(Array.from({ length: 500 }, () => message('placed')))
      const held = await takeSome(scene.link, 50)
      expect(await scene.link.take(50, 3_000)).toEqual([])
      scene.link.acknowledge(held)
      const rest = await handleSome(scene.link, 450)
      expect(new Set(idsOf([...held, ...rest])).size).toBe(500)
      expect(rest.some(({ redelivered }) => redelivered)).toBe(false)
      expect(scene.events.filter(({ level }) => level !== 'info')).toEqual([])
      await scene.link.close()
      expect(await (await scene.again()).link.take(10, 500)).toEqual([])
    })

    test('that are gone without a word are replaced when their session is over', async () => {
      const network = await cuttable()
      const scene = await reader({ ...network.options, sessionMs: 2_000 }, 200, network.server)
      const messages = Array.from({ length: 20 }, () => message('placed'))
      await scene.link.publish(messages)
      const held = await takeSome(scene.link, 20)
      network.freeze()
      const { link: second } = await joined(network.direct, scene.topology, 'orders')
      const again = await handleSome(second, 20)
      expect(idsOf(again).toSorted()).toEqual(idsOf(held).toSorted())
      expect(again.every(({ redelivered }) => redelivered)).toBe(true)
      scene.link.acknowledge(held)
      network.thaw()
      await until(() => scene.link.state.state === 'connected')
      await Promise.all([second.close(), scene.link.close()])
      const { link: third } = await joined(network.direct, scene.topology, 'orders')
      expect(await third.take(10, 500)).toEqual([])
    }, 120_000)

    test('go on with what is theirs while the group waits for one that is gone', async () => {
      const network = await cuttable()
      const waits = { ...network.direct, sessionMs: 8_000 }
      const scene = await reader({ ...network.options, sessionMs: 8_000 }, 200, network.server)
      const { link } = await joined(waits, scene.topology, 'orders')
      await until(() => scene.link.state.state === 'connected' && link.state.state === 'connected')
      network.freeze()
      const newcomer = opened(waits, scene.topology, 'orders').link
      const sent = new Set<string>()
      const taken = new Set<string>()
      let [takenAt, longestMs] = [performance.now(), 0]
      while (newcomer.state.state !== 'connected') {
        const messages = Array.from({ length: 6 }, () => message('placed'))
        await publishInTheEnd(link, messages)
        for (const { id } of messages) sent.add(id)
        const batch = await link.take(50, 50)
        link.acknowledge(batch)
        for (const { envelope } of batch) taken.add(envelope.id)
        if (batch.length > 0) takenAt = performance.now()
        longestMs = Math.max(longestMs, performance.now() - takenAt)
        await pause(20)
      }
      expect(longestMs).toBeLessThan(3_000)
      await until(async () => {
        for (const each of [link, newcomer]) {
          const batch = await each.take(50, 50)
          each.acknowledge(batch)
          for (const { envelope } of batch) taken.add(envelope.id)
        }
        return [...sent].every(id => taken.has(id))
      })
    }, 120_000)

    test('keep the order of a key while they come and go', async () => {
      const scene = await reader(shared())
      const keys = ['a', 'b', 'c', 'd', 'e', 'f']
      const seen = new Map<string, number[]>(keys.map(key => [key, []]))
      const links = [scene.link]
      let ended = false
      const take = async (link: Link) => {
        while (!ended && link.state.state !== 'closed') {
          const batch = await link.take(20, 100)
          for (const { envelope } of batch) seen.get(envelope.headers['key']!)!.push(Number(envelope.body))
          link.acknowledge(batch)
        }
      }
      const work = [take(scene.link)]
      for (let number = 0; number < 300; number += 1) {
        await publishInTheEnd(
          scene.link,
          keys.map(key => ({ ...message('placed'), key, headers: { key }, body: String(number) })),
        )
        if (number % 60 !== 59) continue
        const { link } = await scene.again()
        links.push(link)
        work.push(take(link))
        if (links.length > 3) await links.splice(1, 1)[0]!.close()
      }
      await until(() => keys.every(key => seen.get(key)!.includes(299)))
      ended = true
      await Promise.all(work)
      // One may come again; but each comes for the first time after the one before it.
      for (const key of keys) {
        expect([...new Set(seen.get(key))]).toEqual(Array.from({ length: 300 }, (_, number) => number))
      }
    })

    test('of a backlog mark as redelivered what somebody may have taken, and nothing that is further away', async () => {
      const scene = await reader({ ...shared(), partitions: 1 })
      await scene.link.close()
      await foreign(
        Array.from({ length: 1_500 }, (_, n) => ({ topic: scene.topic, partition: 0, value: Buffer.from(`${n}`) })),
      )
      const taken = await handleSome((await scene.again()).link, 1_500)
      expect(taken.map(({ redelivered }) => redelivered)).toEqual(taken.map((_, at) => at < 1_000))
    })

    test('go on at the earliest message, and say so, where messages were deleted before they were read', async () => {
      const scene = await reader({ ...shared(), partitions: 1 })
      await foreign([{ topic: scene.topic, partition: 0, value: Buffer.from('0') }])
      await handleSome(scene.link, 1)
      await scene.link.close()
      await foreign([1, 2, 3].map(n => ({ topic: scene.topic, partition: 0, value: Buffer.from(`${n}`) })))
      await withAdmin(admin =>
        admin.deleteRecords({ topics: [{ name: scene.topic, partitions: [{ partition: 0, offset: 3n }] }] }),
      )
      const { link, events } = await scene.again()
      expect((await handleSome(link, 1)).map(({ envelope }) => envelope.body)).toEqual(['3'])
      const told = events.find(({ level }) => level === 'error')
      expect(told?.message).toMatch(/had read \S+ up to 1, and it now has 3 to 4: messages were deleted/)
    })
  })

  describe('a link that loses its way to the brokers', () => {
    badNetwork(async () => {
      const network = await cuttable()
      const options = { ...network.options, sessionMs: 2_000, answerTimeoutMs: 1_000 }
      return { ...(await joined(options, topologyOf({ orders: ['orders.place'] }), 'orders')), way: network }
    }, /^orders \(taking from .*(lost|answer)/)
  })

  describe('a broker that has bad days', () => {
    let broker: KafkaServer
    beforeAll(async () => {
      broker = await startOwnKafka()
    })
    afterAll(() => broker?.stop())

    badBroker(async () => {
      const options = { ...shared(), brokers: broker.brokers }
      return { ...(await joined(options, topologyOf({ orders: ['orders.place'] }), 'orders')), broker }
    })
  })

  test('TLS, user name and password are those of the driver', async () => {
    const own = await startOwnKafka({ secure: true })
    onTestFinished(() => own.stop())
    const { brokers, username, password, ca } = own.secure!
    const sasl = { mechanism: 'PLAIN', username, password } as const
    const { link } = await joined({ brokers, sasl, tls: { ca } }, topologyOf({ orders: ['placed'] }), 'orders')
    const sent = message('placed')
    await link.publish([sent])
    expect(idsOf(await handleSome(link, 1))).toEqual([sent.id])

    const wrong = opened(
      { brokers, sasl: { ...sasl, password: 'wrong' }, tls: { ca } },
      topologyOf({ orders: ['placed'] }),
    )
    await until(() => wrong.events.length > 0)
    expect(wrong.events[0]).toMatchObject({ level: 'error', cause: { code: 'TRANSPORT_REFUSED' } })
    expect(wrong.events[0]!.message).toMatch(/refuses the credentials of user saga_user/)

    const strange = opened({ brokers, sasl, tls: {} }, topologyOf({ orders: ['placed'] }))
    await until(() => strange.events.length > 0)
    expect(strange.events[0]!.message).toMatch(/do not agree on TLS \(.*certificate/)
  }, 120_000)

  // ── Scenes ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A link that reads the topic `placed`, and what it takes to make another. */
  async function reader(options: KafkaOptions, prefetch = 200, of: KafkaServer = server) {
    const topology = topologyOf({ orders: ['placed'] })
    const first = await joined(options, topology, 'orders', prefetch)
    const again = () =>
      joined({ ...options, ...(of === server ? {} : { brokers: of.brokers }) }, topology, 'orders', prefetch)
    return { ...first, topic: `${topology.exchange}.placed`, again }
  }

  function foreignProducer(options: object = {}) {
    const producer = new Producer({ clientId: 'foreign', bootstrapBrokers: [...server.brokers], acks: -1, ...options })
    onTestFinished(() => producer.close(true))
    return producer
  }

  async function foreign(messages: readonly object[]): Promise<void> {
    await foreignProducer().send({ messages: messages as never })
  }

  async function withAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = new Admin({ clientId: 'foreign', bootstrapBrokers: [...server.brokers] })
    try {
      await work(admin)
    } finally {
      await admin.close()
    }
  }

  /** All that a topic has at present. */
  async function recordsIn(topic: string) {
    const consumer = new Consumer({ clientId: 'foreign', bootstrapBrokers: [...server.brokers], groupId: unique() })
    try {
      const found = []
      const { topics } = await consumer.metadata({ topics: [topic] })
      const { id, partitions } = topics.get(topic)!
      for (const [partition, { leader }] of partitions.entries()) {
        const asked = {
          partition,
          fetchOffset: 0n,
          partitionMaxBytes: 1e6,
          currentLeaderEpoch: -1,
          lastFetchedEpoch: -1,
        }
        const fetched = await consumer.fetch({
          node: leader,
          topics: [{ topicId: id, partitions: [asked] }],
          maxWaitTime: 0,
        })
        const records = fetched.responses[0]?.partitions[0]?.records?.flatMap(batch => batch.records) ?? []
        found.push(...records)
      }
      return found.map(({ key, value, headers }) => ({
        key: key?.toString(),
        value: value?.toString(),
        headers: Object.fromEntries(headers.map(([name, text]) => [String(name), String(text)])),
      }))
    } finally {
      await consumer.close(true)
    }
  }
})

function topologyOf(reads: { readonly [service: string]: readonly string[] }, about: Partial<Queue> = {}): Topology {
  const exchange = `x${unique()}`
  const queues = Object.entries(reads).map(([service, bindings]) => ({
    ...queueOf(`${exchange}-${service}`, service, bindings),
    ...about,
  }))
  return { exchange, queues }
}

function queueOf(name: string, service: string, bindings: readonly string[]): Queue {
  return { name, service, bindings, deadLetters: `${name}.dead-letter` }
}

function topologyQueue(topology: Topology, service: string): Queue {
  return topology.queues.find(queue => queue.service === service)!
}

function linkTo(topology: Topology, events: LinkEvent[] = [], service?: string, prefetch = 200) {
  const queue = service === undefined ? undefined : topologyQueue(topology, service)
  return {
    service: service ?? 'orders',
    topology,
    queue,
    prefetch,
    report: (event: LinkEvent) => void events.push(event),
  }
}

function opened(options: KafkaOptions, topology: Topology, service?: string, prefetch?: number) {
  const events: LinkEvent[] = []
  const link = kafka(options).connect(linkTo(topology, events, service, prefetch))
  onTestFinished(() => link.close())
  return { link, events, topology }
}

async function joined(options: KafkaOptions, topology: Topology, service?: string, prefetch?: number) {
  const made = opened(options, topology, service, prefetch)
  await until(() => made.link.state.state === 'connected')
  return made
}

/** A broker that is reached by a way that can be cut, or frozen: open and silent; and, by `direct`, past it. */
async function cuttable() {
  let port = 0
  const way = await wayTo(() => ({ hostname: '127.0.0.1', port }))
  // Clients go where the broker says that it is: of two ways one leads through here.
  const own = await startOwnKafka({ detour: way.port })
  port = own.detour!.target
  onTestFinished(() => own.stop())
  const common = { partitions: 3, heartbeatMs: 100, connectTimeoutMs: 1_000 }
  return {
    ...way,
    server: own,
    options: { ...common, brokers: [`127.0.0.1:${way.port}`] },
    direct: { ...common, brokers: own.brokers },
  }
}

function headersOf(texts: { readonly [name: string]: string }): Map<Buffer, Buffer> {
  return new Map(Object.entries(texts).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]))
}

function unique(): string {
  return Math.random().toString(36).slice(2, 10)
}

function idsOf(of: readonly (Delivery | Envelope)[]): string[] {
  return of.map(item => ('envelope' in item ? item.envelope.id : item.id))
}
