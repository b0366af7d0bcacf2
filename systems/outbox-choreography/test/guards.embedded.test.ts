import type { PgClient, Tx } from 'makegood'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { type OrderStatus, orderStatuses } from '../messages.ts'
import { moveOrder, nextStatuses } from '../order/order-status.ts'
import { OutOfOrder } from '../out-of-order.ts'
import { pay } from '../payment/payments.ts'
import { giveBack, reserve } from '../stock/reservations.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'
import { type EmbeddedShop, embeddedShop } from './embedded-shop.ts'
import { Shop } from './shop.ts'

// What holds for a change of a status whoever makes it: here no message stands before it that the inbox would know.

let running: EmbeddedShop
let shop: Shop
beforeAll(async () => {
  running = await embeddedShop()
  shop = new Shop(running)
})
afterAll(() => running?.stop())

const at = <Result>(service: string, work: (tx: Tx<PgClient>) => Promise<Result>) =>
  running.service(service).transaction(work)

describe('an order', () => {
  const reached: [OrderStatus, object, OrderStatus[]][] = [
    ['not_reserved', { quantity: 11 }, ['not_reserved']],
    ['payment_confirmed', {}, ['payment_confirmed']],
    ['payment_denied', { amount: 1_001 }, ['payment_denied']],
  ]
  test.each(reached)('that is %s stays so', async (status, order) => {
    const placed = await shop.place(order)
    await shop.ended(placed)
    for (const to of orderStatuses) {
      expect(await at(services.order, tx => moveOrder(tx, placed.order_id, to))).toBe('stays')
      expect(await shop.order(placed.order_id)).toMatchObject({ status })
    }
  })

  test('that is created can be reserved or not, and nothing else before that', async () => {
    await running.end(services.stock)
    const { order_id } = await shop.place()
    expect(nextStatuses.created).toEqual(['reserved', 'not_reserved'])
    for (const to of ['payment_confirmed', 'payment_denied'] as const) {
      await expect(at(services.order, tx => moveOrder(tx, order_id, to))).rejects.toThrow(
        new OutOfOrder(`The order ${order_id} is created and cannot be ${to} yet.`),
      )
    }
    expect(await at(services.order, tx => moveOrder(tx, order_id, 'reserved'))).toBe('moved')
    expect(await at(services.order, tx => moveOrder(tx, order_id, 'reserved'))).toBe('stays')
    await running.start(services.stock)
    expect(await shop.ended({ order_id })).toBe('payment_confirmed')
  })

  test('that there is not cannot be moved', async () => {
    await expect(at(services.order, tx => moveOrder(tx, 4_711, 'reserved'))).rejects.toThrow(OutOfOrder)
  })

  test('that somebody moves is told of as if the stock had answered', async () => {
    await running.end(services.stock)
    const { order_id } = await shop.place({ amount: 1_001, product_id: '2' })
    await at(services.order, tx => moveOrder(tx, order_id, 'reserved'))
    await running.start(services.stock)
    expect(await shop.ended({ order_id })).toBe('payment_denied')
    expect(shop.told('payment.v1', order_id).map(({ body }) => body.status)).toContain('reserved')
  })
})

describe('a message that comes before the one it follows from', () => {
  const denied = { ...documentedOrder, order_id: 5_100, status: 'payment_denied' }
  const identity = 'stock.v1/5100/payment_denied'

  test('is tried for some minutes and is a dead letter then, with the reason; redriven in time it is heeded', async () => {
    await shop.send('stock.v1', denied)
    await eventually(async () => expect(await errors('parked')).toContain('There is no reservation for the order 5100'))
    await afterAttempts(9)
    expect(await errors('dead')).toBe('')
    await afterAttempts(10)
    expect(await errors('dead')).toContain(
      'REJECTED: There is no reservation for the order 5100 that could be given back.',
    )
    await shop.send('stock.v1', { ...denied, status: 'created' })
    await eventually(async () => expect(await shop.reservationsOf(5_100)).toMatchObject([{ status: 'reserved' }]))
    expect(await running.service(services.stock).redrive([identity])).toEqual([identity])
    await eventually(async () => expect(await shop.reservationsOf(5_100)).toMatchObject([{ status: 'payment_denied' }]))
  })

  const errors = async (state: 'parked' | 'dead') => {
    const { rows } = await running.service(services.stock).queries.inbox({ state, limit: 100 })
    return rows
      .filter(row => row.identity === identity)
      .map(({ handling }) => handling.error)
      .join()
  }

  /** As if it had been tried so often, and were due again; resolves when it was. */
  const afterAttempts = (attempts: number) =>
    eventually(async () => {
      const [tried] = await sql(
        'select from makegood.inbox where identity = $1 and attempts > $2 and leased_until is null',
        [identity, attempts],
      )
      if (tried !== undefined) return
      await sql(
        'update makegood.inbox set attempts = $2, due_at = now() where identity = $1 and attempts <= $2 and leased_until is null',
        [identity, attempts],
      )
      throw new Error(`It was not tried after attempt ${attempts}`)
    })
  const sql = async (statement: string, values: unknown[]) =>
    (await at(services.stock, tx => tx.db.query(statement, values))).rows
})

describe('a reservation', () => {
  const order = { ...documentedOrder, product_id: '2', quantity: 3 }

  test('is made once for an order, whoever asks at the same time', async () => {
    const before = await shop.stockOf('2')
    const ask = () => at(services.stock, tx => reserve(tx, { ...order, order_id: 5_001 }))
    await Promise.allSettled([ask(), ask(), ask()])
    expect(await shop.stockOf('2')).toBe(before - 3)
    expect(await shop.reservationsOf(5_001)).toMatchObject([{ status: 'reserved', quantity: 3 }])
  })

  test('is given back once', async () => {
    const before = await shop.stockOf('2')
    expect(await at(services.stock, tx => giveBack(tx, 5_001))).toBe('moved')
    expect(await at(services.stock, tx => giveBack(tx, 5_001))).toBe('stays')
    expect(await shop.stockOf('2')).toBe(before + 3)
    await at(services.stock, tx => reserve(tx, { ...order, order_id: 5_001 }))
    expect(await shop.stockOf('2')).toBe(before + 3)
  })

  test('that took nothing gives nothing back', async () => {
    const before = await shop.stockOf('2')
    await at(services.stock, tx => reserve(tx, { ...order, order_id: 5_002, quantity: 100 }))
    expect(await at(services.stock, tx => giveBack(tx, 5_002))).toBe('stays')
    expect(await shop.stockOf('2')).toBe(before)
    expect(await shop.reservationsOf(5_002)).toMatchObject([{ status: 'not_reserved' }])
  })

  test('that there is not cannot be given back', async () => {
    await expect(at(services.stock, tx => giveBack(tx, 5_003))).rejects.toThrow(OutOfOrder)
  })
})

test('a payment is decided once for an order, whatever is asked later', async () => {
  const ask = (amount: string) =>
    at(services.payment, tx => pay(tx, { order_id: 5_004, customer_id: '1', amount }, 100_000n))
  await ask('1000.01')
  await ask('1')
  expect(await shop.paymentsOf(5_004)).toMatchObject([{ status: 'payment_denied', amount: '1000.01' }])
})
