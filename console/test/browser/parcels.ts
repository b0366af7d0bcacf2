import { rm } from 'node:fs/promises'
import fastify from 'fastify'
import { cloudEventsWire, command, handlersFor, type PgClient, saga, service } from 'makegood'
import { embedded } from 'makegood/embedded'
import { makegoodFastify } from 'makegood/fastify'
import { operationsRoutes, tokenAccess } from 'makegood/operations'
import type { Role } from 'makegood/operations/contract'
import { pglite } from 'makegood/pglite'
import { typebox } from 'makegood/typebox'
import Type from 'typebox'
import { consoleServer } from '../../server/index.ts'
import { builtPages } from './browser.ts'

/** Orders that are paid, and fetched by a courier; each service has an address of its own. */
export interface Parcels {
  readonly url: string
  readonly tokens: { readonly [R in Role]: string }
  /** How the world is at the moment. */
  readonly world: { couriers: 'drive' | 'refuse' | 'break down'; bank: 'pays back' | 'is broken' }
  /** Starts a saga; resolves with its id. */
  order(order: Partial<Parcel> & { readonly orderId: string }): Promise<string>
  statusOf(sagaId: string): Promise<string | undefined>
  /** Ends the process of the couriers, which stays away. */
  endCouriers(): Promise<void>
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
  const pages = await builtPages()
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
  const transport = embedded()
  const wire = cloudEventsWire({ services: Object.entries(hosts).map(([name, hosts]) => ({ name, hosts })) })
  const made = Object.entries(hosts).map(([name, hosts]) =>
    service(name, { store: pglite(), transport, wire, hosts, limits: { idleMs: 50 } }),
  )
  const [orders, , couriers] = made as [Made, Made, Made]
  await Promise.all(made.map(each => each.start()))

  const tokens = {
    reader: `reader-${'r'.repeat(32)}`,
    operator: `operator-${'o'.repeat(32)}`,
    admin: `admin-${'a'.repeat(32)}`,
  }
  const access = tokenAccess([
    { name: 'rosa', role: 'reader', token: tokens.reader },
    { name: 'otto', role: 'operator', token: tokens.operator },
    { name: 'ada', role: 'admin', token: tokens.admin },
  ])
  const doors = await Promise.all(
    made.map(async each => {
      const app = fastify()
      await app.register(makegoodFastify, { services: [each], title: each.name, version: '1', docs: false })
      await app.register(operationsRoutes, { services: [each], access })
      return { app, url: await app.listen({ host: '127.0.0.1', port: 0 }) }
    }),
  )
  const console = await consoleServer({ services: doors.map(({ url }) => url), signInsPerMinute: 100, pages })
  const url = `${await console.listen({ host: '127.0.0.1', port: 0 })}/console`

  const ended = new Map<Made, Promise<void>>()
  const end = (each: Made): Promise<void> => {
    const door = doors[made.indexOf(each)]!
    const over = ended.get(each) ?? door.app.close().then(() => each.stop())
    ended.set(each, over)
    return over
  }
  return {
    url,
    tokens,
    world,
    order: async order => {
      const data: Parcel = { amount: 10, email: 'eve@example.org', note: '', ...order }
      return (await orders.startSaga(sending, data, { key: data.orderId })).sagaId
    },
    statusOf: async id => (await orders.queries.saga(id))?.state.status,
    endCouriers: () => end(couriers),
    close: async () => {
      await console.close()
      await Promise.all(made.map(end))
      await rm(pages, { recursive: true })
    },
  }
}

type Made = ReturnType<typeof service<string, PgClient>>
