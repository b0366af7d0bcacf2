import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PgClient, SagaReport, Store, Transport } from '../../src/makegood.ts'
import { charge, type Order, ordering, orderPlaced, release, reserve, type Shop, ship, shop } from './shop.ts'

/** Where a shop runs: a database for each service, and something that carries the messages. */
export interface Place {
  readonly transport: Transport
  store(service: string): Store<PgClient>
  /** For the test's own questions to a service's tables. */
  sql(service: string, text: string, values?: unknown[]): Promise<readonly Record<string, unknown>[]>
  close(): Promise<void>
}

/** What a shop does, wherever it runs. */
export function shopScenarios(name: string, open: () => Promise<Place>): void {
  describe(name, () => {
    let place: Place
    let running: Shop

    beforeEach(async () => {
      place = await open()
      running = shop({ store: place.store, transport: place.transport })
      await running.start()
    })

    afterEach(async () => {
      await running.stop()
      await place.close()
    })

    const begin = async (order: Partial<Order> = {}) => {
      const full: Order = { orderId: crypto.randomUUID(), sku: 'pen', quantity: 2, cents: 500, ...order }
      const { sagaId } = await running.orders.transaction(tx => tx.start(ordering, full, { key: full.orderId }))
      return { sagaId, orderId: full.orderId }
    }
    const order = async (values: Partial<Order> = {}): Promise<SagaReport & { orderId: string }> => {
      const { sagaId, orderId } = await begin(values)
      return { ...(await running.orders.result(sagaId, { timeoutMs: 60_000 })), orderId }
    }
    const stockOf = async (sku: string) =>
      (await place.sql('stock', 'select free, held from stock where sku = $1', [sku]))[0]
    const orderStatus = async (orderId: string) => {
      await expect
        .poll(
          async () => (await place.sql('orders', 'select status from orders where id = $1', [orderId]))[0]?.['status'],
        )
        .toBeDefined()
      return (await place.sql('orders', 'select status from orders where id = $1', [orderId]))[0]?.['status']
    }

    test('an order completes, and every effect happened once', async () => {
      const { status, replies, orderId } = await order()

      expect(status).toBe('completed')
      expect(replies).toMatchObject({ stock: { reserved: 2 }, money: {}, parcel: { parcel: `P-${orderId}` } })
      expect(await stockOf('pen')).toEqual({ free: 998, held: 2 })
      expect(await place.sql('money', 'select status, cents from payments')).toEqual([
        { status: 'charged', cents: 500 },
      ])
      expect(await orderStatus(orderId)).toBe('completed')
    })

    test('an order that is refused at its last step is undone in reverse', async () => {
      running.world.noCarrier = true
      const { status, orderId, state } = await order()

      expect(status).toBe('compensated')
      expect(state).toMatchObject({ cause: { step: 'parcel', code: 'NO_CARRIER' } })
      expect(await stockOf('pen')).toEqual({ free: 1000, held: 0 })
      expect(await place.sql('money', 'select status from payments')).toEqual([{ status: 'refunded' }])
      expect(await place.sql('parcels', 'select * from parcels')).toEqual([])
      expect(await orderStatus(orderId)).toBe('cancelled')
      const journal = await running.orders.queries.journal((await running.orders.status(ordering, orderId))!.sagaId)
      expect(journal.filter(({ kind }) => kind === 'compensation sent').map(({ step }) => step)).toEqual([
        'money',
        'stock',
      ])
    })

    test('a failure takes back what its handler wrote, and keeps the record of the refusal', async () => {
      running.world.declined = true
      const { status } = await order()

      expect(status).toBe('compensated')
      expect(await place.sql('money', 'select status, cents from payments')).toEqual([{ status: 'declined', cents: 0 }])
      expect(await stockOf('pen')).toEqual({ free: 1000, held: 0 })
    })

    test('a first step that is refused leaves nothing to compensate', async () => {
      const { status } = await order({ sku: 'ink', quantity: 4 })

      expect(status).toBe('compensated')
      expect(running.world.calls).toBe(0)
      expect(await place.sql('stock', 'select * from stock_log')).toEqual([])
    })

    test('a handler that throws is tried again, and what it wrote before is gone', async () => {
      running.world.stockErrors = [new Error('flaky'), new Error('flaky again')]
      const { status } = await order()

      expect(status).toBe('completed')
      expect(await place.sql('stock', 'select kind from stock_log')).toEqual([{ kind: 'reserve' }])
      expect(await stockOf('pen')).toEqual({ free: 998, held: 2 })
    })

    test('a handler that throws in every attempt ends as a dead letter, and the saga compensates', async () => {
      running.world.stockErrors = Array.from({ length: 5 }, () => new Error('broken'))
      const { status, state } = await order()

      expect(status).toBe('compensated')
      expect(state).toMatchObject({ cause: { step: 'stock', code: 'UNPROCESSABLE' } })
      expect(await stockOf('pen')).toEqual({ free: 1000, held: 0 })
      const [stock] = running.services.filter(({ name }) => name === 'stock')
      const letters = (await stock!.queries.inbox({ state: 'dead', limit: 10 })).rows
      expect(letters, 'closing the step has closed its letter').toEqual([])
    })

    test('one message that throws does not hold up the others', async () => {
      running.world.stockErrors = [new Error('flaky')]
      const all = await Promise.all(Array.from({ length: 20 }, () => order()))

      expect(all.map(({ status }) => status)).toEqual(all.map(() => 'completed'))
      expect(await stockOf('pen')).toEqual({ free: 960, held: 40 })
    })

    test('many orders on little stock: nothing is sold twice', async () => {
      const all = await Promise.all(Array.from({ length: 12 }, () => order({ sku: 'ink', quantity: 1 })))

      expect(all.filter(({ status }) => status === 'completed')).toHaveLength(3)
      expect(all.filter(({ status }) => status === 'compensated')).toHaveLength(9)
      expect(await stockOf('ink')).toEqual({ free: 0, held: 3 })
      expect([...running.world.charges.values()]).toHaveLength(3)
    })

    test('a start with a key that is known starts nothing', async () => {
      const orderId = crypto.randomUUID()
      const starts = await Promise.all([begin({ orderId }), begin({ orderId }), begin({ orderId })])

      expect(new Set(starts.map(({ sagaId }) => sagaId)).size).toBe(1)
      expect((await running.orders.result(starts[0]!.sagaId)).status).toBe('completed')
      expect(await stockOf('pen')).toEqual({ free: 998, held: 2 })
    })

    test('an event starts a saga, once for its key', async () => {
      const payload: Order = { orderId: crypto.randomUUID(), sku: 'pen', quantity: 1, cents: 100 }
      const sagaId = crypto.randomUUID()
      await running.orders.transaction(async tx => {
        await tx.publish(orderPlaced, payload, { sagaId })
        await tx.publish(orderPlaced, payload)
      })

      await expect.poll(async () => (await running.orders.status(ordering, payload.orderId))?.status).toBe('completed')
      expect(await stockOf('pen')).toEqual({ free: 999, held: 1 })
    })

    test('what a transaction published is gone if it is rolled back', async () => {
      const orderId = crypto.randomUUID()
      const failing = running.orders.transaction(async tx => {
        await tx.start(ordering, { orderId, sku: 'pen', quantity: 1, cents: 1 }, { key: orderId })
        throw new Error('the order row was refused')
      })

      await expect(failing).rejects.toThrow('the order row was refused')
      expect(await running.orders.status(ordering, orderId)).toBeUndefined()
    })

    test('a hundred slow calls to a provider hold up nobody', async () => {
      running.world.providerMs = 200
      const slow = Array.from({ length: 100 }, () => order())
      const refused = await order({ sku: 'ink', quantity: 4 })

      expect(refused.status).toBe('compensated')
      expect((await Promise.all(slow)).every(({ status }) => status === 'completed')).toBe(true)
      expect(running.world.charges.size).toBe(100)
    })

    test('a provider that is down for a while costs a delay and no message', async () => {
      running.world.providerDown = true
      const pending = order()
      await expect.poll(() => running.world.calls).toBeGreaterThan(1)
      running.world.providerDown = false

      expect((await pending).status).toBe('completed')
      expect(running.world.charges.size).toBe(1)
    })

    test('an operator can have a finished order compensated', async () => {
      const { sagaId, status } = await order()
      expect(status).toBe('completed')
      await running.orders.cancel(sagaId, 'the customer changed their mind')

      expect((await running.orders.result(sagaId)).status).toBe('compensated')
      expect(await stockOf('pen')).toEqual({ free: 1000, held: 0 })
      expect(await place.sql('money', 'select status from payments')).toEqual([{ status: 'refunded' }])
      expect(await place.sql('parcels', 'select * from parcels')).toEqual([])
    })

    test('a service that stops in the middle goes on where it was', async () => {
      const pending = Promise.all(Array.from({ length: 30 }, () => begin()))
      const sagas = await pending
      await running.stop()
      running = shop({ store: place.store, transport: place.transport, world: running.world })
      await running.start()

      for (const { sagaId } of sagas)
        expect((await running.orders.result(sagaId, { timeoutMs: 60_000 })).status).toBe('completed')
      expect(await stockOf('pen')).toEqual({ free: 940, held: 60 })
      expect(running.world.charges.size).toBe(30)
    })

    test('everything that was sent leaves the outbox', async () => {
      await Promise.all(Array.from({ length: 10 }, () => order()))

      for (const each of running.services) {
        await expect.poll(async () => (await each.queries.figures()).outbox).toBe(0)
      }
    })
  })
}

export const commandsOfTheShop = { reserve, release, charge, ship }
