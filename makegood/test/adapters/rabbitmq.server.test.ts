import { createServer, type Socket } from 'node:net'
import { type Channel, connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { canStartRabbitmq, type RabbitmqServer, startOwnRabbitmq } from '../../../scripts/servers/rabbitmq.ts'
import { type RabbitmqOptions, rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { MakegoodError } from '../../src/model/errors.ts'
import type { Link, LinkEvent } from '../../src/ports/transport.ts'
import type { Envelope, Queue, Topology } from '../../src/ports/wire.ts'
import { transportContract } from '../../src/testing/transport-contract.ts'
import { badBroker, badNetwork } from './bad-days.ts'
import { message, publishInTheEnd, takeSome, under, until } from './load.ts'
import { cuttable } from './network.ts'

const sharedUrl = inject('amqpUrl')

transportContract('rabbitmq', () => rabbitmq({ url: sharedUrl }))
transportContract('rabbitmq with classic queues', () => rabbitmq({ url: sharedUrl, queueType: 'classic' }))
transportContract('rabbitmq that packs', () => rabbitmq({ url: sharedUrl, packed: true }))

describe('what others put on the queue', () => {
  test('arrives, whatever it is: no id, no headers, a body that is no text', async () => {
    const { link, channel, queue } = await reader()
    channel.sendToQueue(queue.name, Buffer.from([0xff, 0xfe, 0x00, 0x80]))
    const [delivery] = await takeSome(link, 1)
    expect(delivery!.envelope.id).toMatch(/^[0-9a-f]{32}$/)
    expect(delivery!.envelope.headers).toEqual({ 'makegood-unreadable': 'The body is not UTF-8.' })
    expect(delivery!.envelope.body).toContain('\ufffd')
    link.acknowledge([delivery!])
  })

  test('has headers that are texts, however they were nested', async () => {
    const { link, channel, queue } = await reader()
    const headers = {
      ...{ text: 'a', number: 7, fraction: 1.5, yes: true, nothing: null, bytes: Buffer.from('é') },
      ...{
        table: { deep: { deeper: [1, 'two', { three: null }] } },
        list: [[['x']]],
        at: { '!': 'timestamp', value: 1 },
      },
    }
    channel.sendToQueue(queue.name, Buffer.from('{}'), { headers })
    const [delivery] = await takeSome(link, 1)
    expect(delivery!.envelope.headers).toMatchObject({
      ...{ text: 'a', number: '7', fraction: '1.5', yes: 'true', nothing: '', bytes: 'é' },
      ...{ table: '{"deep":{"deeper":[1,"two",{"three":null}]}}', list: '[[["x"]]]' },
    })
    for (const value of Object.values(delivery!.envelope.headers)) expect(value).toBeTypeOf('string')
  })

  test('without an id has the same one when it comes again', async () => {
    const { link, channel, queue, again } = await reader()
    channel.sendToQueue(queue.name, Buffer.from('{"order":1}'), { headers: { a: 1 } })
    channel.sendToQueue(queue.name, Buffer.from('{"order":2}'), { headers: { a: 1 } })
    const first = await takeSome(link, 2)
    await link.close()
    const second = await takeSome(await again(), 2)
    expect(second.map(({ redelivered }) => redelivered)).toEqual([true, true])
    expect(second.map(({ envelope }) => envelope)).toEqual(first.map(({ envelope }) => envelope))
    expect(first[0]!.envelope.id).not.toBe(first[1]!.envelope.id)
  })

  test('is taken though it is large, and what comes after it too', async () => {
    const { link, channel, queue } = await reader()
    channel.sendToQueue(queue.name, Buffer.alloc(20 * 1024 * 1024, 'x'))
    channel.sendToQueue(queue.name, Buffer.from('small'))
    const taken = await takeSome(link, 2)
    expect(taken.map(({ envelope }) => envelope.body.length)).toEqual([20 * 1024 * 1024, 5])
    link.acknowledge(taken)
  })
})

describe('what we put on the queue', () => {
  test('is persistent JSON with an id and a time', async () => {
    const { link, channel, queue, sent } = await reader({ consumes: false })
    await link.publish([sent])
    expect(await channel.get(queue.name, { noAck: true })).toMatchObject({
      properties: {
        ...{ messageId: sent.id, contentType: 'application/json', deliveryMode: 2, headers: sent.headers },
        timestamp: expect.closeTo(Date.now() / 1000, -1),
      },
    })
  })

  test('cannot have an address or a header that AMQP cannot carry, and that holds up no other message', async () => {
    const { link, sent, events } = await reader()
    const long: Envelope = { ...sent, id: 'long', address: 'x'.repeat(256) }
    expect(await link.publish([long, sent])).toEqual({ confirmed: [sent.id], undeliverable: [] })
    expect(events.at(-1)!.message).toMatch(/^long to x+ cannot be published/)
    const routed: Envelope = { ...sent, id: 'routed', headers: { CC: 'elsewhere' } }
    expect(await link.publish([routed])).toEqual({ confirmed: [], undeliverable: [] })
    expect(events.at(-1)!.message).toMatch(
      /^routed to orders.place cannot be published \(RabbitMQ reads the headers CC/,
    )
  })
})

describe('a link that packs', () => {
  test('sends what one publish has for one queue as one message of the broker, and is understood by one that does not', async () => {
    const { link: plain, channel, queue, topology } = await reader({ consumes: false })
    const { link } = await connected({ url: sharedUrl, packed: true }, { topology, queue }, { consumes: false })
    const messages = Array.from({ length: 120 }, () => message('orders.place'))
    expect((await link.publish(messages)).confirmed).toEqual(messages.map(({ id }) => id))
    expect((await channel.checkQueue(queue.name)).messageCount).toBe(3)
    await plain.close()
    const taking = await unconnected({ url: sharedUrl }, { topology, queue })
    const taken = await takeSome(taking.link, 120)
    expect(taken.map(({ envelope: { id, address, headers, body } }) => ({ id, address, headers, body }))).toEqual(
      messages.map(({ id, address, headers, body }) => ({ id, address, headers, body })),
    )
    taking.link.acknowledge(taken)
  })

  test('keeps order for a queue when some messages have two readers', async () => {
    const other = topologyOf('audit')
    const { topology, queue } = topologyOf('orders')
    const both = { queue, topology: { ...topology, queues: [queue, { ...other.queue, bindings: ['orders.told'] }] } }
    const { link } = await connected({ url: sharedUrl, packed: true }, both)
    const messages = ['place', 'place', 'told', 'place', 'told', 'place', 'place'].map(word =>
      message(`orders.${word}`),
    )
    expect((await link.publish(messages)).confirmed.toSorted()).toEqual(messages.map(({ id }) => id).toSorted())
    const taken = await takeSome(link, messages.length)
    expect(taken.map(({ envelope }) => envelope.id)).toEqual(messages.map(({ id }) => id))
    link.acknowledge(taken)
  })

  test('loses nothing of a parcel whose queue was deleted', async () => {
    const { channel, queue, topology } = await reader({ consumes: false })
    const { link } = await connected({ url: sharedUrl, packed: true }, { topology, queue }, { consumes: false })
    await channel.deleteQueue(queue.name)
    const [command, event] = [message('orders.place'), { ...message('orders.told'), mandatory: false }]
    expect(await link.publish([command, event])).toEqual({ confirmed: [], undeliverable: [command.id] })
  })

  test.each(['no json', '{}', '[]', '[["id"]]', '[["id","address",{"a":1},"body"]]'])(
    'what only calls itself a parcel is a message like any other: %s',
    async body => {
      const { link, channel, queue } = await reader()
      channel.sendToQueue(queue.name, Buffer.from(body), { contentType: 'application/vnd.makegood.packed+json' })
      const [delivery] = await takeSome(link, 1)
      expect(delivery!.envelope.body).toBe(body)
      link.acknowledge([delivery!])
    },
  )
})

describe('a link that cannot connect', () => {
  test('says that the password is wrong, once, and does not connect', async () => {
    const { link, events } = await unconnected({ url: sharedUrl, password: 'wrong' })
    await until(() => events.length > 0)
    expect(events[0]).toMatchObject({ level: 'error', cause: { code: 'TRANSPORT_REFUSED' } })
    expect(events[0]!.message).toMatch(
      /^orders \((publishing|taking from .*)\): RabbitMQ at 127.0.0.1:\d+ refuses user \w+: check the user name and the password; trying again meanwhile$/,
    )
    expect(link.state.state).toBe('connecting')
    expect(await link.publish([message('orders.place')])).toEqual({ confirmed: [], undeliverable: [] })
  })

  test('says that the vhost is not there', async () => {
    const { events } = await unconnected({ url: sharedUrl, vhost: 'nowhere' })
    await until(() => events.length > 0)
    expect(events[0]!.message).toMatch(/has no vhost nowhere, or user \w+ may not use it: add it with rabbitmqctl/)
  })

  test('says that nobody is there', async () => {
    const { events } = await unconnected({ hostname: '127.0.0.1', port: 1 })
    await until(() => events.length > 0)
    expect(events[0]).toMatchObject({ level: 'warn', cause: { code: 'TRANSPORT_UNAVAILABLE' } })
    expect(events[0]!.message).toContain('RabbitMQ at 127.0.0.1:1 is not there: start it, or correct host and port')
  })

  test('gives up on a peer that accepts and says nothing, and tries again', async () => {
    const sockets: Socket[] = []
    const deaf = createServer(socket => sockets.push(socket))
    await new Promise<void>(resolve => deaf.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void deaf.close())
    const { port } = deaf.address() as { port: number }
    const { events } = await unconnected({ hostname: '127.0.0.1', port, connectTimeoutMs: 100 })
    await until(() => sockets.length > 4)
    expect(events[0]!.message).toContain(`RabbitMQ at 127.0.0.1:${port} does not answer`)
    const patient = await unconnected({ hostname: '127.0.0.1', port })
    await until(() => sockets.length > 6)
    const began = performance.now()
    await patient.link.close()
    expect(performance.now() - began).toBeLessThan(500)
    for (const socket of sockets) socket.destroy()
  })

  test('says which queue has other properties, and connects when that is mended', async () => {
    const channel = await channelTo(sharedUrl)
    const scene = topologyOf('orders')
    await channel.assertQueue(scene.queue.name, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
    const { link, events } = await unconnected({ url: sharedUrl }, scene)
    await until(() => events.length > 0)
    expect(events[0]).toMatchObject({ level: 'error', cause: { code: 'TOPOLOGY_MISMATCH' } })
    expect(events[0]!.message).toContain(`The queue ${scene.queue.name} exists with other properties`)
    expect(events[0]!.message).toContain('x-delivery-limit')
    await channel.deleteQueue(scene.queue.name)
    await until(() => link.state.state === 'connected')
  })

  test('tries one node of a cluster after the other, tells of each once, and connects to the one that is there', async () => {
    const way = await cuttable(sharedUrl)
    const { port } = new URL(way.url)
    const { link, events } = await unconnected({
      ...{ url: sharedUrl, hosts: ['127.0.0.1:1', '[::1]:1', `localhost:${port}`], connectTimeoutMs: 1_000 },
    })
    await until(() => link.state.state === 'connected')
    way.cut()
    await until(
      () => events.filter(({ message }) => message.includes(`connected to RabbitMQ at localhost:${port}`)).length > 3,
    )
    const told = events.map(({ message }) => message)
    for (const absent of ['127.0.0.1:1', '::1:1'])
      expect(told.filter(text => text.includes(`at ${absent} is not there`)).length, absent).toBeLessThan(5)
  })

  test('closes all the same, at once', async () => {
    const { link } = await unconnected({ hostname: '127.0.0.1', port: 1 })
    const began = performance.now()
    await link.close()
    expect(link.state).toEqual({ state: 'closed' })
    expect(performance.now() - began).toBeLessThan(500)
  })

  test.each([
    [{ url: 'http://127.0.0.1' }, 'The option url of rabbitmq begins with http:'],
    [{ url: 'rabbit' }, 'The option url of rabbitmq is not a URL'],
    [{ port: 70_000 }, 'The option port of rabbitmq is 70000'],
    [
      { heartbeatSeconds: 0 },
      'The option heartbeatSeconds of rabbitmq is 0, where a whole number from 1 to 600 is expected',
    ],
    [{ hosts: [] }, 'The option hosts of rabbitmq has 0 hosts, where 1 to 100 are expected'],
    [{ hosts: ['one:two'] }, 'The option hosts of rabbitmq has "one:two", where host or host:port is expected'],
    [{ hosts: ['one:0'] }, 'The option hosts of rabbitmq is 0, where a whole number from 1 to 65535 is expected'],
    [{ hosts: ['one'], hostname: 'one' }, 'The option hosts of rabbitmq is given beside hostname'],
    [{ queueType: 'stream' as 'quorum' }, 'The option queueType of rabbitmq is stream'],
  ] satisfies [RabbitmqOptions, string][])('is not even made with options that can never work: %j', (options, says) => {
    expect(() => rabbitmq(options)).toThrow(MakegoodError)
    expect(() => rabbitmq(options)).toThrow(says)
  })
})

describe('a link that loses its connection', () => {
  badNetwork(async () => {
    const way = await cuttable(sharedUrl)
    return { ...(await connected({ url: way.url, confirmTimeoutMs: 1_000 })), way }
  }, /no confirm came in 1000 ms/)

  test('comes back when its queue was deleted, and makes it again', async () => {
    const { link, channel, queue, topology, sent, events } = await reader()
    for (let time = 0; time < 3; time += 1) {
      await channel.deleteQueue(queue.name)
      await until(() => link.state.state === 'connecting')
      await until(() => link.state.state === 'connected')
      channel.publish(topology.exchange, sent.address, Buffer.from(`${time}`))
      const [delivery] = await takeSome(link, 1)
      expect(delivery!.envelope.body).toBe(`${time}`)
      link.acknowledge([delivery!])
    }
    expect(events.some(({ message }) => message.includes(`the broker cancelled the consumer of ${queue.name}`))).toBe(
      true,
    )
  })

  test('never acknowledges on the new channel what came on the old one', async () => {
    const network = await cuttable(sharedUrl)
    const scene = await unconnected({ url: network.url })
    const { link } = scene
    await until(() => link.state.state === 'connected')
    const messages = Array.from({ length: 10 }, () => message('orders.place'))
    expect((await link.publish(messages)).confirmed).toHaveLength(10)
    const old = await takeSome(link, 10)
    network.cut()
    await until(() => link.state.state === 'connecting')
    await until(() => link.state.state === 'connected')
    const again = await takeSome(link, 10)
    expect(again.every(({ redelivered }) => redelivered)).toBe(true)
    link.acknowledge(old)
    link.acknowledge(again.slice(0, 5))
    await link.close()
    const rest = await takeSome((await unconnected({ url: sharedUrl }, scene)).link, 5)
    expect(rest.map(({ envelope }) => envelope.id)).toEqual(messages.slice(5).map(({ id }) => id))
  })

  test('takes on through the outage: a take that waits resolves when messages come again', async () => {
    const network = await cuttable(sharedUrl)
    const { link } = await connected({ url: network.url })
    const taken = link.take(10, 30_000)
    network.cut()
    await until(() => link.state.state === 'connecting')
    await until(() => link.state.state === 'connected')
    const sent = message('orders.place')
    await link.publish([sent])
    expect((await taken).map(({ envelope }) => envelope.id)).toEqual([sent.id])
  })

  test('notices by its heartbeat that the peer is gone', async () => {
    const network = await cuttable(sharedUrl)
    // Longer than this process may be kept from running, or the broker would miss a heartbeat of ours.
    const { link, events } = await connected({ url: network.url, heartbeatSeconds: 4 })
    network.freeze()
    await until(() => link.state.state === 'connecting')
    await until(() => events.some(({ level }) => level === 'warn'))
    expect(events.at(-1)!.message).toContain('Heartbeat timeout')
    network.thaw()
    await until(() => link.state.state === 'connected')
  })
})

describe.skipIf(!canStartRabbitmq())('a broker that has bad days', () => {
  let broker: RabbitmqServer
  beforeAll(async () => {
    broker = await startOwnRabbitmq()
  })
  afterAll(() => broker.stop())

  badBroker(async () => ({ ...(await connected({ url: broker.url })), broker }))

  test('that closes all connections, fifty times, stops nobody for good', async () => {
    const { link, events } = await unconnected({ url: broker.url })
    const load = under(link)
    await until(() => load.taken.size > 100)
    await broker.ctl(
      'eval',
      `[begin
          [rabbit_networking:close_connection(Pid, "a test") || Pid <- rabbit_networking:connections()],
          timer:sleep(200)
        end || _ <- lists:seq(1, 50)].`,
    )
    await load.finish()
    const losses = events.filter(({ message }) => message.includes('was lost'))
    expect(losses.length).toBeGreaterThan(5)
  })

  test.each([
    ['memory', ['set_vm_memory_high_watermark', '0'], ['set_vm_memory_high_watermark', '0.4']],
    ['disk', ['set_disk_free_limit', '1000000GB'], ['set_disk_free_limit', '50MB']],
  ])('short of %s blocks, loses nothing, lets nothing grow, and takes again', async (what, tooMuch, enough) => {
    const { link, events } = await connected({ url: broker.url })
    const load = under(link)
    await until(() => load.taken.size > 100)
    await broker.ctl(...tooMuch)
    await until(() => link.state.state === 'blocked')
    expect(link.state).toMatchObject({ because: expect.stringContaining(what) })
    expect(await link.publish([message('orders.place')])).toEqual({ confirmed: [], undeliverable: [] })
    await broker.ctl(...enough)
    await until(() => link.state.state === 'connected')
    await load.finish()
    expect(events.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('takes nothing from orders (publishing)'),
    )
    expect(events.map(({ message }) => message)).toContainEqual(expect.stringContaining('takes again'))
  })

  test('that refuses what is sent to a queue is left in the end, and takes it when it can', async () => {
    const { link, events, queue } = await connected({ url: broker.url, confirmTimeoutMs: 1_000 }, undefined, {
      consumes: false,
    })
    const full = ['full', `^${queue.name}$`, '{"max-length":1,"overflow":"reject-publish"}', '--apply-to', 'queues']
    await broker.ctl('set_policy', '-p', broker.vhost, ...full)
    await until(async () => (await link.publish([message('orders.place')])).confirmed.length === 0)
    const published = publishInTheEnd(link, [message('orders.place')])
    await until(() => events.some(({ message }) => message.includes('orders.place was refused for 1000 ms')))
    await broker.ctl('clear_policy', '-p', broker.vhost, 'full')
    await published
  })

  test('short of memory lets a link close', async () => {
    const { link } = await connected({ url: broker.url })
    await broker.ctl('set_vm_memory_high_watermark', '0')
    const published = link.publish([message('orders.place')])
    await until(() => link.state.state === 'blocked')
    const began = performance.now()
    await link.close()
    expect(await published).toEqual({ confirmed: [], undeliverable: [] })
    expect(performance.now() - began).toBeLessThan(3_000)
    await broker.ctl('set_vm_memory_high_watermark', '0.4')
  })

  test('absent at start is found when it comes', async () => {
    await broker.shutDown()
    const { link, events } = await unconnected({ url: broker.url })
    await until(() => events.some(({ message }) => message.includes('is not there')))
    const taken = link.take(1, 60_000)
    await broker.start()
    await until(() => link.state.state === 'connected')
    const sent = message('orders.place')
    expect((await link.publish([sent])).confirmed).toEqual([sent.id])
    expect((await taken).map(({ envelope }) => envelope.id)).toEqual([sent.id])
  })
})

interface OneQueue {
  readonly topology: Topology
  readonly queue: Queue
}

function topologyOf(service: string): OneQueue {
  const name = `test.${Math.random().toString(36).slice(2)}.${service}`
  const queue: Queue = { name, service, bindings: [`${service}.*`], deadLetters: `${name}.dead-letter` }
  return { topology: { exchange: name, queues: [queue] }, queue }
}

async function unconnected(
  options: RabbitmqOptions,
  { topology, queue }: OneQueue = topologyOf('orders'),
  { consumes = true }: { readonly consumes?: boolean } = {},
): Promise<OneQueue & { readonly link: Link; readonly events: readonly LinkEvent[] }> {
  const events: LinkEvent[] = []
  const link = rabbitmq(options).connect({
    service: 'orders',
    topology,
    queue: consumes ? queue : undefined,
    prefetch: 200,
    report: event => events.push(event),
  })
  onTestFinished(() => link.close())
  return { topology, queue, link, events }
}

async function connected(...parts: Parameters<typeof unconnected>): ReturnType<typeof unconnected> {
  const made = await unconnected(...parts)
  await until(() => made.link.state.state === 'connected')
  return made
}

/** A connected link that reads one queue, and a channel of somebody else's to write into it. */
async function reader({ consumes = true }: { readonly consumes?: boolean } = {}) {
  const scene = topologyOf('orders')
  const { link, events } = await connected({ url: sharedUrl }, scene, { consumes })
  const again = async () => (await connected({ url: sharedUrl }, scene)).link
  return { ...scene, link, events, again, channel: await channelTo(sharedUrl), sent: message('orders.place') }
}

async function channelTo(url: string): Promise<Channel> {
  const connection = await connect(url)
  onTestFinished(() => connection.close())
  return connection.createChannel()
}
