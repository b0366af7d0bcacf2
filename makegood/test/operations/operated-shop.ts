import Fastify, { type FastifyInstance } from 'fastify'
import { expect } from 'vitest'
import { z } from 'zod'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { frameworkErrors, makegoodFastify } from '../../src/adapters/fastify/index.ts'
import { pglite } from '../../src/adapters/pglite/index.ts'
import {
  cloudEventsWire,
  command,
  event,
  handlersFor,
  type PgClient,
  type Service,
  type Store,
  saga,
  service,
} from '../../src/makegood.ts'
import {
  type ActOnDeadLetters,
  type ActOnSagas,
  type Role,
  type RouteName,
  routes,
} from '../../src/operations/contract.ts'
import { type Access, operationsRoutes, tokenAccess } from '../../src/operations/index.ts'

// A shop with what keeps operators busy: sagas that are stuck, a dead letter each, and a message that is parked.

const personal = { 'x-personal': true }

export const Order = z.object({
  orderId: z.string(),
  email: z.string().meta(personal),
  cardNumber: z.string(),
  note: z.string().default(''),
})
export type Order = z.output<typeof Order>

const charge = command('payment.charge', {
  payload: Order,
  reply: z.object({ paymentId: z.string() }),
  failures: { DECLINED: z.object({ reason: z.string() }) },
})
const refund = command('payment.refund', { payload: z.object({ paymentId: z.string() }) })
const ship = command('shipping.send', { payload: z.object({ orderId: z.string() }) })
const invoice = command('billing.invoice', {
  payload: z.object({ orderId: z.string(), email: z.string() }),
  editable: true,
})
const cancelled = event('order.cancelled', { payload: Order })

export const checkout = saga('checkout', { version: 1, data: Order })
  .compensatable('payment', charge, {
    payload: order => order,
    compensation: { command: refund, payload: (_order, { payment }) => payment },
  })
  .pivot('shipping', ship, { payload: ({ orderId }) => ({ orderId }) })
  .retriable('invoice', invoice, { payload: ({ orderId, email }) => ({ orderId, email }) })
  .ends({ compensated: { event: cancelled, payload: order => order } })

export interface OperatedShop {
  readonly orders: Service<'orders', PgClient>
  readonly workers: Service<'workers', PgClient>
  /** Whether invoices can be written by now. */
  mended: boolean
  /** The lines of both services' logs. */
  readonly logged: readonly string[]
  /** Gives the workers a message that no wire has made, and waits until they have dealt with it. */
  tell(body: string): Promise<void>
  /** Starts an order, and waits until nothing but a person can take it further. Resolves with the saga's id. */
  order(given: Pick<Order, 'orderId'> & Partial<Order>): Promise<string>
  close(): Promise<void>
}

interface Stores {
  readonly orders: Store<PgClient>
  readonly workers: Store<PgClient>
}

/**
 * Orders whose id begins with `poor` are declined, and nobody can be told that they are cancelled; invoices to whom has no
 * mailbox are rejected until that is mended.
 */
export async function operatedShop(stores: Stores = { orders: pglite(), workers: pglite() }): Promise<OperatedShop> {
  const logged: string[] = []
  const shop = { mended: false, logged }
  const say = (...line: readonly unknown[]) => void logged.push(JSON.stringify(line))
  const log = { debug: say, info: say, warn: say, error: say }
  const { handle, on } = handlersFor<PgClient>()
  const taking = [
    handle(charge, async ({ orderId, email }, { succeed, fail }) =>
      orderId.startsWith('poor')
        ? fail('DECLINED', { reason: `the card of ${email} is empty` })
        : succeed({ paymentId: `P-${orderId}` }),
    ),
    handle(refund, async (_payload, { succeed }) => succeed()),
    handle(ship, async (_payload, { succeed }) => succeed()),
    handle(invoice, async ({ email }, { succeed, reject }) =>
      shop.mended || !email.startsWith('nobody') ? succeed() : reject(`there is no mailbox ${email}`),
    ),
  ]
  const orchestrating = [
    checkout,
    on(cancelled, async ({ email }) => {
      throw new Error(`${email} is on holiday`)
    }),
  ]
  const transport = embedded()
  const wire = cloudEventsWire({
    services: [
      { name: 'orders', hosts: orchestrating },
      { name: 'workers', hosts: taking },
    ],
  })
  const orders = service('orders', { store: stores.orders, transport, wire, log, hosts: orchestrating })
  const workers = service('workers', { store: stores.workers, transport, wire, log, hosts: taking })
  await Promise.all([orders.start(), workers.start()])
  return Object.assign(shop, {
    orders,
    workers,
    async order(given: Pick<Order, 'orderId'> & Partial<Order>) {
      const order = { email: 'ann@example.com', cardNumber: '4111 1111 1111 1111', note: '', ...given }
      const { sagaId } = await orders.startSaga(checkout, order, { key: order.orderId })
      await orders.result(sagaId)
      return sagaId
    },
    async tell(body: string) {
      const { topology } = wire
      const address = wire.queueOf('workers')!.name
      const link = transport.connect({ service: 'anybody', topology, queue: undefined, prefetch: 1, report: () => {} })
      await link.publish([{ id: crypto.randomUUID(), address, direct: true, mandatory: false, headers: {}, body }])
      await link.close()
    },
    close: async () => void (await Promise.all([orders.stop(), workers.stop()])),
  })
}

/** One token for each role. */
export const tokens = {
  reader: 'r'.repeat(40),
  operator: 'o'.repeat(40),
  admin: 'a'.repeat(40),
} as const

export const byRole: Access = tokenAccess(
  (Object.keys(tokens) as Role[]).map(role => ({ name: `the ${role}`, role, token: tokens[role] })),
)

/** A server of the shop's operations. It listens only if told to. */
export async function serverOf({ orders, workers }: OperatedShop, access = byRole): Promise<FastifyInstance> {
  const app = Fastify({ frameworkErrors })
  await app.register(makegoodFastify, { services: [orders, workers], title: 'Shop', version: '1' })
  await app.register(operationsRoutes, { services: [orders, workers], access })
  return app
}

export interface Asked {
  readonly params?: { readonly [name: string]: string }
  readonly query?: { readonly [name: string]: string }
  readonly body?: unknown
}

/** Asks a route as somebody with a role, and expects to be answered. */
export function asking(app: FastifyInstance, role: Role) {
  return async (name: RouteName, asked: Asked = {}): Promise<any> => {
    const answer = await ask(app, name, asked, `Bearer ${tokens[role]}`)
    expect(answer.statusCode, answer.body).toBe(200)
    return answer.json()
  }
}

export function ask(app: FastifyInstance, name: RouteName, { params, query, body }: Asked, authorization?: string) {
  const { method, path } = routes[name]
  return app.inject({
    method,
    url: `/operations${urlOf(path, params)}`,
    headers: authorization === undefined ? {} : { authorization },
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { payload: body as object }),
  })
}

export function urlOf(path: string, params: { readonly [name: string]: string } = {}): string {
  return path.replace(/:(\w+)/g, (_found, name: string) => encodeURIComponent(params[name] ?? ''))
}

/** A question for each route that it answers; what it asks to be done is only said. */
export function questionsAbout({ sagaId, letter }: { readonly sagaId: string; readonly letter: string }): {
  readonly [Name in RouteName]: Asked
} {
  return {
    me: {},
    services: {},
    sagas: {},
    sagaCounts: {},
    saga: { params: { id: sagaId } },
    messages: { query: { correlationId: sagaId } },
    participations: { query: { since: new Date(0).toISOString() } },
    definitions: {},
    failures: {},
    deadLetters: {},
    parked: {},
    pace: {},
    changes: {},
    audit: {},
    actOnSagas: { body: sagaAction({ kind: 'retry' }, [{ id: sagaId }]) },
    actOnDeadLetters: { body: letterAction({ kind: 'redrive' }, [letter]) },
    prune: { body: { reason: 'the disk is full' } },
  }
}

export function sagaAction(action: ActOnSagas['action'], items: ActOnSagas['items']): ActOnSagas {
  return { items, action, reason: 'the mail server is back', dryRun: true }
}

export function letterAction(action: ActOnDeadLetters['action'], identities: readonly string[]): ActOnDeadLetters {
  return { service: 'workers', letters: { identities }, action, reason: 'the mail server is back', dryRun: true }
}
