import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from 'makegood'
import { embedded } from 'makegood/embedded'
import { embeddedGround } from '../../runner/embedded-ground.ts'
import { freePortOffset } from '../../runner/free-ports.ts'
import { type RunningSystem, runSystem } from '../../runner/running-system.ts'
import { creditChoreography } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import type { Heard, RunningShop } from './shop.ts'

/** Both services in this process, on free ports, with data of their own, and one of them at a time can be ended. */
export async function embeddedShop(): Promise<EmbeddedShop> {
  const folder = await mkdtemp(join(tmpdir(), 'credit-'))
  const transport = embedded()
  const system = creditChoreography({ requestsPerMinuteMax: 1_000_000 })
  const offset = await freePortOffset(system.services.map(({ port }) => port))
  const running = new Map<string, RunningSystem>()
  const start = async (service: string) => {
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
  const end = async (service: string) => {
    await running.get(service)?.stop()
    running.delete(service)
  }
  const heard: Heard[] = []
  const stranger = strangerOn(transport, heard)
  await Promise.all([start(services.orders), start(services.customers)])
  return {
    service: name => running.get(name === services.rejections ? services.orders : name)!.service(name),
    urlOf: name => `http://localhost:${system.services.find(service => service.name === name)!.port + offset}`,
    enterCustomer: async balanceCents => {
      const { rows } = await running
        .get(services.customers)!
        .service(services.customers)
        .transaction(({ db }) => db.query<{ id: number }>(enterCustomer, [balanceCents]))
      return rows[0]!.id
    },
    start,
    end,
    send: (address, body) => stranger.send(address, body),
    heard,
    deadLetters: async queue =>
      transport
        .deadLetters(`${queue}.dead-letter`)
        .map(({ headers, body }) => ({ body, reason: headers['makegood-dead-letter-reason'] ?? '' })),
    stop: async () => {
      await Promise.all([...running.keys()].map(end))
      await stranger.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface EmbeddedShop extends RunningShop {
  service(name: string): ReturnType<RunningSystem['service']>
}

export const enterCustomer = `
  insert into customers (id, name, email, balance_cents)
  select coalesce(max(id), 0) + 1, 'Customer', 'customer' || coalesce(max(id), 0) + 1 || '@example.com', $1::bigint
  from customers
  returning id
`

/** Somebody who listens to everything, with a queue of his own, and may say something. */
function strangerOn(transport: ReturnType<typeof embedded>, heard: Heard[]) {
  const queue = { name: 'stranger', service: 'stranger', bindings: ['#'], deadLetters: 'stranger.dead-letter' }
  const topology = { ...documentedWire.topology, queues: [...documentedWire.topology.queues, queue] }
  const link = transport.connect({ service: 'stranger', topology, queue, prefetch: 100, report: () => {} })
  const listening = (async () => {
    while (link.state.state !== 'closed') {
      const deliveries = await link.take(100, 1_000)
      heard.push(...deliveries.map(({ envelope }) => ({ key: envelope.address, body: envelope.body })))
      link.acknowledge(deliveries)
    }
  })()
  return {
    send: async (address: string, body: string) => {
      await link.publish([{ id: crypto.randomUUID(), address, mandatory: true, headers: {}, body }])
    },
    close: async () => {
      await link.close()
      await listening
    },
  }
}

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
