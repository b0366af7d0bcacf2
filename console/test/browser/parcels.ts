import { command, handlersFor, type PgClient, saga } from 'makegood'
import { typebox } from 'makegood/typebox'
import Type from 'typebox'
import { OperatedServices } from './operated-services.ts'

/** Orders that are paid, and fetched by a courier; each service has an address of its own. */
export interface Parcels {
  readonly url: string
  readonly tokens: OperatedServices['tokens']
  /** How the world is at the moment. */
  readonly world: { couriers: 'drive' | 'refuse' | 'break down'; bank: 'pays back' | 'is broken' }
  /** Starts a saga; resolves with its id. */
  order(order: Partial<Parcel> & { readonly orderId: string }): Promise<string>
  statusOf(sagaId: string): Promise<string | undefined>
  close(): Promise<void>
}

export interface Parcel {
  readonly orderId: string
  readonly amount: number
  readonly email: string
  readonly note: string
}

const parcel = typebox(
  Type.Object({
    orderId: Type.String(),
    amount: Type.Number(),
    email: Type.String({ 'x-personal': true }),
    note: Type.String(),
  }),
)
const Order = typebox(Type.Object({ orderId: Type.String() }))
const Payment = typebox(Type.Object({ paymentId: Type.String(), amount: Type.Number() }))

const charge = command('payments.charge', { payload: parcel, reply: Payment })
const refund = command('payments.refund', { payload: Payment })
const book = command('couriers.book', {
  payload: Order,
  reply: typebox(Type.Object({ courier: Type.String() })),
  failures: { NO_COURIER: typebox(Type.Object({ reason: Type.String() })) },
})
const cancel = command('couriers.cancel', { payload: Order })

const sending = saga('sending', { version: 1, data: parcel })
  .compensatable('payment', charge, {
    payload: order => order,
    compensation: { command: refund, payload: (_order, { payment }) => payment, retry: { attempts: 1 } },
  })
  .compensatable('courier', book, {
    payload: ({ orderId }) => ({ orderId }),
    retry: { attempts: 100, delayMsMax: 1_000 },
    compensation: { command: cancel, payload: ({ orderId }) => ({ orderId }) },
  })
  .ends({})

const { handle } = handlersFor<PgClient>()

export async function openParcels(): Promise<Parcels> {
  const world: Parcels['world'] = { couriers: 'drive', bank: 'pays back' }
  const hosts = {
    orders: [sending],
    payments: [
      handle(charge, async ({ orderId, amount }, { succeed }) => succeed({ paymentId: `P-${orderId}`, amount })),
      handle(refund, async (_payment, { succeed, reject }) => {
        if (world.bank === 'is broken') reject('the bank does not know this account')
        return succeed()
      }),
    ],
    couriers: [
      handle(book, async (_order, { succeed, fail }) => {
        if (world.couriers === 'break down') throw new Error('all tyres are flat')
        return world.couriers === 'drive'
          ? succeed({ courier: 'Kim' })
          : fail('NO_COURIER', { reason: 'Nobody drives there' })
      }),
      handle(cancel, async (_order, { succeed }) => succeed()),
    ],
  }
  const services = await OperatedServices.open(Object.entries(hosts).map(([name, hosts]) => ({ [name]: hosts })))
  const { url, tokens } = services
  const orders = services.service('orders')
  return {
    url,
    tokens,
    world,
    order: async order => {
      const data: Parcel = { amount: 10, email: 'eve@example.org', note: '', ...order }
      return (await orders.startSaga(sending, data, { key: data.orderId })).sagaId
    },
    statusOf: async id => (await orders.queries.saga(id))?.state.status,
    close: () => services.close(),
  }
}
