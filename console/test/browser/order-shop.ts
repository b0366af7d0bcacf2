import { choreography, command, event, handlersFor, type PgClient, saga, track } from 'makegood'
import { typebox } from 'makegood/typebox'
import Type, { type Static } from 'typebox'
import { expect } from 'vitest'
import { OperatedServices } from './operated-services.ts'
import { busyMs } from './words.ts'

/** The shop that the stories of `docs/operations.md` are told of, and how the world around it is at the moment. */
export interface OrderShop extends Pick<OperatedServices, 'url' | 'tokens' | 'urlOf' | 'end' | 'start' | 'close'> {
  readonly world: World
  /** Starts a saga; resolves with its id. */
  order(order: Partial<Order> & Pick<Order, 'orderId'>): Promise<string>
  /** Tells of an order that nobody leads; resolves with the id of what the console shows of it. */
  tell(orderId: string, customer?: string): Promise<string>
  statusOf(sagaId: string): Promise<string | undefined>
  /** Gives a saga up, as an admin does who is faster. */
  abandon(sagaId: string): Promise<void>
}

export interface World {
  carrier: 'drives' | 'does not drive'
  bank: 'pays back' | 'refuses to pay back'
  /** Of the payment service and of the order service: the older one cannot do what the newer one can. */
  release: 'older' | 'newer'
}

export type Order = Static<typeof Order>
const Order = Type.Object({
  orderId: Type.String(),
  amount: Type.Number(),
  email: Type.String({ 'x-personal': true }),
  giftCard: Type.Boolean(),
})
const Refusal = typebox(Type.Object({ reason: Type.String() }))
const Payment = Type.Object({ paymentId: Type.String(), amount: Type.Number() })
const ofOrder = typebox(Type.Object({ orderId: Type.String() }))

const charge = command('payment.process', {
  payload: typebox(Type.Object({ orderId: Type.String(), amount: Type.Number() })),
  reply: typebox(Payment),
})
const refund = command('payment.refund', {
  payload: typebox(Payment),
  failures: { REFUND_NOT_ALLOWED: Refusal },
  editable: true,
})
const reserve = command('inventory.reserve', { payload: ofOrder })
const release = command('inventory.release', { payload: ofOrder })
const ship = command('shipping.create', {
  payload: typebox(Type.Object({ orderId: Type.String(), giftCard: Type.Boolean() })),
  failures: { PROVIDER_UNAVAILABLE: Refusal },
})
const unship = command('shipping.cancel', { payload: ofOrder })

const created = event('order.created', {
  payload: typebox(Type.Object({ orderId: Type.String(), customer: Type.String() })),
})
const fulfilled = event('order.fulfilled', { payload: ofOrder })

const { handle, on } = handlersFor<PgClient>()

export async function openOrderShop(): Promise<OrderShop> {
  const world: World = { carrier: 'drives', bank: 'pays back', release: 'newer' }
  const itsId = ({ orderId }: Order) => ({ orderId })
  const checkout = saga('checkout', { version: 1, data: typebox(Order) })
    .compensatable('payment', charge, {
      payload: ({ orderId, amount }) => ({ orderId, amount }),
      compensation: {
        command: refund,
        payload: (_order, { payment }) => payment,
        retry: { attempts: 2, firstDelayMs: 50 },
      },
    })
    .compensatable('inventory', reserve, { payload: itsId, compensation: { command: release, payload: itsId } })
    .compensatable('shipping', ship, {
      payload: ({ orderId, giftCard }) => {
        if (giftCard && world.release === 'older') throw new Error('A gift card has no weight')
        return { orderId, giftCard }
      },
      compensation: { command: unship, payload: itsId },
      retry: { attempts: 1 },
    })
    .ends({})
  const credit = choreography('credit', {
    starts: created,
    leads: [{ from: created, in: 'customer-service', to: [fulfilled] }],
    ends: { completed: [fulfilled] },
  })

  const services = await OperatedServices.open([
    { 'order-service': [checkout, track(credit)] },
    {
      'payment-service': [
        handle(charge, async ({ orderId, amount }, { succeed }) => succeed({ paymentId: `P-${orderId}`, amount })),
        handle(refund, async ({ amount }, { succeed, fail, reject }) => {
          if (world.release === 'older') reject('paymentId: this release knows numbers alone')
          if (Math.round(amount * 100) !== amount * 100) reject(`amount: ${amount} has more than two decimals`)
          return world.bank === 'pays back'
            ? succeed()
            : fail('REFUND_NOT_ALLOWED', { reason: 'The account was closed' })
        }),
      ],
    },
    {
      'inventory-service': [
        handle(reserve, async (_order, { succeed }) => succeed()),
        handle(release, async (_order, { succeed }) => succeed()),
      ],
    },
    {
      'shipping-service': [
        handle(ship, async (_order, { succeed, fail }) =>
          world.carrier === 'drives'
            ? succeed()
            : fail('PROVIDER_UNAVAILABLE', { reason: 'Shipping provider unavailable' }),
        ),
        handle(unship, async (_order, { succeed }) => succeed()),
      ],
    },
    {
      'customer-service': [
        credit,
        on(created, async ({ orderId, customer }, { tx, reject }) => {
          if (customer !== 'Alice') reject(`customer: nobody here is called ${customer}`)
          await tx.publish(fulfilled, { orderId })
        }),
      ],
    },
  ])
  const orders = services.service('order-service')
  const followed = async () =>
    (await orders.queries.sagas({ definition: 'credit', limit: 10 })).rows.map(({ id }) => id)
  return {
    url: services.url,
    tokens: services.tokens,
    urlOf: name => services.urlOf(name),
    end: name => services.end(name),
    start: name => services.start(name),
    close: () => services.close(),
    world,
    order: async order => {
      const data: Order = { amount: 49.99, email: 'ines@example.org', giftCard: false, ...order }
      return (await orders.startSaga(checkout, data, { key: data.orderId })).sagaId
    },
    tell: async (orderId, customer = 'Alice') => {
      const before = new Set(await followed())
      await orders.transaction(tx => tx.publish(created, { orderId, customer }))
      const begun = async () => (await followed()).find(id => !before.has(id))
      await expect.poll(begun, { timeout: busyMs }).toBeDefined()
      return (await begun())!
    },
    statusOf: async id => (await orders.queries.saga(id))?.state.status,
    abandon: async id =>
      void (await orders.request(id, { action: { kind: 'abandon' }, by: 'ada', reason: 'paid by hand' })),
  }
}
