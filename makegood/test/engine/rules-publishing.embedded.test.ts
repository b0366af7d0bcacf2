import { afterEach, describe, expect, test } from 'vitest'
import type { LimitOptions, LinkState, Log, Service, Transport, Wire } from '../../src/makegood.ts'
import { noLog } from '../../src/ports/log.ts'
import { pglitePlace } from './pglite-place.ts'
import { ordering, orderPlaced, type ShopServiceName, shopService, shopWire, World } from './shop.ts'
import type { Place } from './shop-scenarios.ts'

// The rules of docs/protocol.md about the way out of a service.

describe('publishing', () => {
  let place: Place
  const world = new World()
  let running: Service<string, never>[] = []

  afterEach(async () => {
    await Promise.all(running.map(service => service.stop()))
    running = []
    await place.close()
  })

  const start = async <const Name extends ShopServiceName>(
    name: Name,
    options: { limits?: LimitOptions; log?: Log; wire?: Wire } = {},
  ) => {
    const { transport, store } = place
    const service = shopService(name, {
      store,
      transport,
      world,
      ...options,
      limits: { outboxLeaseMs: 200, ...options.limits },
    })
    await service.start()
    running.push(service as never)
    return service
  }
  const order = () => ({ orderId: crypto.randomUUID(), sku: 'pen', quantity: 1, cents: 500 })

  test('taking never waits for publishing: five unconfirmed messages at the most, and 400 orders all end (rule 19)', async () => {
    place = await pglitePlace()
    const limits = { unconfirmedMax: 5 }
    const orders = await start('orders', { limits })
    for (const name of ['stock', 'money', 'parcels'] as const) await start(name, { limits })
    const started = await Promise.all(
      Array.from({ length: 400 }, () => order()).map(data =>
        orders.transaction(tx => tx.start(ordering, data, { key: data.orderId })),
      ),
    )
    for (const { sagaId } of started)
      expect((await orders.result(sagaId, { timeoutMs: 120_000 })).status).toBe('completed')
    expect(world.charges.size).toBe(400)
  })

  test('an event that is published directly arrives without the outbox; what nobody confirmed is an error', async () => {
    place = await pglitePlace()
    const orders = await start('orders')
    const placed = order()
    await orders.publishDirectly(orderPlaced, placed)
    expect(await orders.status(ordering, placed.orderId)).toMatchObject({ status: 'running', data: placed })
    const wrong = orders.publishDirectly(orderPlaced, { ...placed, quantity: 'many' as never })
    await expect(wrong).rejects.toMatchObject({ code: 'PAYLOAD_INVALID', message: /quantity/ })
    await orders.stop()
    await expect(orders.publishDirectly(orderPlaced, order())).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' })
  })

  test('while a broker blocks nothing is claimed or sent, and everything goes when it takes again (rule 19)', async () => {
    place = await pglitePlace()
    const broker = { isBlocked: true, published: 0 }
    place = { ...place, transport: blocking(place.transport, broker) }
    const orders = await start('orders')
    const started = await Promise.all(
      Array.from({ length: 10 }, () => order()).map(data =>
        orders.transaction(tx => tx.start(ordering, data, { key: data.orderId })),
      ),
    )
    for (const name of ['stock', 'money', 'parcels'] as const) await start(name)
    expect(
      await place.sql('orders', 'select count(*)::int as waiting, max(claims) as claims from makegood.outbox'),
    ).toEqual([{ waiting: 10, claims: 0 }])
    expect(broker.published).toBe(0)
    broker.isBlocked = false

    for (const { sagaId } of started)
      expect((await orders.result(sagaId, { timeoutMs: 60_000 })).status).toBe('completed')
  })

  test('a reader that comes later misses nothing: whoever starts first declares the queues of all (rule 21)', async () => {
    place = await pglitePlace()
    const orders = await start('orders')
    const data = order()
    const { sagaId } = await orders.transaction(tx => tx.start(ordering, data, { key: data.orderId }))
    for (const name of ['parcels', 'money', 'stock'] as const) await start(name)
    expect((await orders.result(sagaId, { timeoutMs: 60_000 })).status).toBe('completed')
  })

  test('a command that no queue takes stays in the outbox, is told of, and goes when its queue appears (rule 21)', async () => {
    place = await pglitePlace()
    const warnings: string[] = []
    const log = { ...noLog, warn: (_fields: object, text: string) => void warnings.push(text) }
    const ofOrders = shopWire.topology.queues.filter(({ service }) => service === 'orders')
    const wire = { ...shopWire, topology: { ...shopWire.topology, queues: ofOrders } }
    const orders = await start('orders', { log, wire })
    const data = order()
    const { sagaId } = await orders.transaction(tx => tx.start(ordering, data, { key: data.orderId }))
    await expect
      .poll(() => warnings)
      .toContainEqual(expect.stringMatching(/nobody takes saga\..*command\.stock\.reserve/))
    expect((await orders.queries.figures()).outbox).toBe(1)
    await expect
      .poll(() => place?.sql('orders', 'select error from makegood.outbox'))
      .toEqual([{ error: expect.stringMatching(/^Nobody takes saga\..*command\.stock\.reserve\.$/) }])

    for (const name of ['stock', 'money', 'parcels'] as const) await start(name)
    expect((await orders.result(sagaId, { timeoutMs: 60_000 })).status).toBe('completed')
  })

  test('an event without readers is sent and forgotten (rule 21)', async () => {
    place = await pglitePlace()
    const none = { ...shopWire, topology: { ...shopWire.topology, queues: [] } }
    const stock = await start('stock', { wire: none })
    await stock.transaction(tx => tx.publish(orderPlaced, order()))
    await expect.poll(async () => (await stock.queries.figures()).outbox).toBe(0)
  })
})

/** A broker that takes nothing for a while, as one does that is short of memory. */
function blocking(transport: Transport, broker: { isBlocked: boolean; published: number }): Transport {
  return {
    ...transport,
    connect: options => {
      const link = transport.connect(options)
      return {
        get state(): LinkState {
          return broker.isBlocked ? { state: 'blocked', because: 'short of memory' } : link.state
        },
        publish: (envelopes, published) => {
          broker.published += envelopes.length
          return link.publish(envelopes, published)
        },
        take: (max, waitMs) => link.take(max, waitMs),
        acknowledge: deliveries => link.acknowledge(deliveries),
        waiting: () => link.waiting(),
        close: () => link.close(),
      }
    },
  }
}
