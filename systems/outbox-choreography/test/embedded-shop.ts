import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Envelope, Log, PgClient, Queue, Service } from 'makegood'
import { embedded } from 'makegood/embedded'
import { embeddedGround } from '../../runner/embedded-ground.ts'
import { freePortOffset } from '../../runner/free-ports.ts'
import { type RunningSystem, runSystem } from '../../runner/running-system.ts'
import { outboxChoreography } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import type { Heard, RunningShop } from './shop.ts'

/** The services in this process, on free ports, with data of their own; each can be stopped and started alone. */
export async function embeddedShop(names: readonly string[] = Object.values(services)): Promise<EmbeddedShop> {
  const folder = await mkdtemp(join(tmpdir(), 'outbox-choreography-'))
  const system = outboxChoreography({ paymentLimitCents: 100_000n })
  const offset = await freePortOffset(system.services.map(({ port }) => port))
  const transport = embedded()
  const running = new Map<string, RunningSystem>()

  const begin = async (service: string) => {
    const started = await runSystem(system, {
      ground: { ...embeddedGround(folder, { fresh: false }), transport },
      services: [service],
      log: quiet,
      host: '127.0.0.1',
      portOf: ({ port }) => port + offset,
      signal: new AbortController().signal,
    })
    running.set(service, started)
  }

  const { exchange, queues } = documentedWire.topology
  const everything: Queue = { name: 'listener', service: 'listener', bindings: ['#'], deadLetters: 'DLQ.listener' }
  const stranger = transport.connect({
    service: 'stranger',
    topology: { exchange, queues: [...queues, everything] },
    queue: everything,
    prefetch: 100,
    report: () => {},
  })
  const heard: Heard[] = []
  const listening = new AbortController()
  const listened = listen()
  async function listen() {
    while (!listening.signal.aborted) {
      const deliveries = await stranger.take(100, 1_000)
      heard.push(
        ...deliveries.map(({ envelope: { address, headers, body } }) => ({ routingKey: address, headers, body })),
      )
      stranger.acknowledge(deliveries)
    }
  }

  await Promise.all(names.map(begin))
  return {
    urlOf: service => `http://localhost:${system.services.find(({ name }) => name === service)!.port + offset}`,
    service: name => running.get(name)!.service(name),
    begin,
    end: async service => {
      await running.get(service)?.stop()
      running.delete(service)
    },
    send: async (routingKey, body, headers = {}) => {
      const envelope: Envelope = { id: crypto.randomUUID(), address: routingKey, mandatory: false, headers, body }
      await stranger.publish([envelope])
    },
    heard,
    deadLetters: async queue =>
      transport.deadLetters(queue).map(({ body, headers }) => ({
        body,
        reason: headers['makegood-dead-letter-reason'] ?? '',
      })),
    stop: async () => {
      await Promise.all([...running.values()].map(each => each.stop()))
      listening.abort()
      await stranger.close()
      await listened
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface EmbeddedShop extends RunningShop {
  service(name: string): Service<string, PgClient>
}

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
