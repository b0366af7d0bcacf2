import { choreography, command, event, handlersFor, type PgClient, saga, track } from 'makegood'
import { typebox } from 'makegood/typebox'
import Type from 'typebox'
import { OperatedServices } from './operated-services.ts'

/** A small shop in which things go wrong when they are told to, with a console beside it. */
export interface Shop {
  readonly url: string
  readonly tokens: OperatedServices['tokens']
  /** What works at the moment; everything does at the beginning. */
  readonly works: { billing: boolean; mail: boolean }
  /** Puts everything right: no dead letter is left, and no saga is stuck. */
  mend(): Promise<void>
  /** Starts a saga; resolves with its id. */
  order(order: Order): Promise<string>
  /** Tells of an order without a saga: the mail reacts to it. */
  tell(...orders: readonly Order[]): Promise<void>
  /** How many times the mail was sent for an order. */
  mails(orderId: string): number
  /** How many dead letters a service has. */
  deadLetters(service: string): Promise<number>
  statusOf(sagaId: string): Promise<string | undefined>
  /** Ends the process of the mail service, which stays away. */
  endMail(): Promise<void>
  close(): Promise<void>
}

export interface Order {
  readonly orderId: string
  readonly amount: number
  readonly note?: string
  /** Personal: masked in the console. */
  readonly email?: string
}

/** What the billing refuses to look at: its message is a dead letter. */
export const tooMuch = 1_000

const OrderSchema = Type.Object({
  orderId: Type.String(),
  amount: Type.Number(),
  note: Type.Optional(Type.String()),
  email: Type.Optional(Type.String({ format: 'email', 'x-personal': true })),
})
const order = typebox(OrderSchema)
const Refusal = typebox(Type.Object({ reason: Type.String() }))

const placed = event('orders.placed', { payload: order })
const mailed = event('mail.sent', { payload: order })
const charge = command('payments.charge', {
  payload: order,
  reply: typebox(Type.Object({ paymentId: Type.String() })),
  failures: { DECLINED: Refusal },
})
const refund = command('payments.refund', { payload: typebox(Type.Object({ paymentId: Type.String() })) })
const bill = command('billing.bill', { payload: order, failures: { NO_ACCOUNT: Refusal }, editable: true })

const checkout = saga('checkout', { version: 1, data: order })
  .compensatable('payment', charge, {
    payload: data => data,
    compensation: { command: refund, payload: (_data, { payment }) => payment },
  })
  .retriable('billing', bill, { payload: data => data, retry: { attempts: 1 } })
  .ends({})

const mailing = choreography('mailing', {
  starts: placed,
  leads: [{ from: placed, in: 'mail', to: [mailed] }],
  ends: { completed: [mailed] },
})

const { handle, on } = handlersFor<PgClient>()

export async function openShop(): Promise<Shop> {
  const works = { billing: true, mail: true }
  const mails: string[] = []
  const hosts = {
    orders: [checkout, track(mailing)],
    payments: [
      handle(charge, async ({ orderId }, { succeed }) => succeed({ paymentId: `P-${orderId}` })),
      handle(refund, async (_payload, { succeed }) => succeed()),
    ],
    billing: [
      handle(bill, async ({ amount, note }, { succeed, fail, reject }) => {
        if (amount > tooMuch) reject(`${amount} is too much for one bill. The customer says: ${note ?? 'nothing'}`)
        return works.billing ? succeed() : fail('NO_ACCOUNT', { reason: 'the ledger is closed' })
      }),
    ],
    mail: [
      mailing,
      on(placed, async (payload, { tx, reject }) => {
        if (!works.mail) reject(`the printer is on fire: ${payload.note ?? 'no note'}`)
        await tx.publish(mailed, payload)
        mails.push(payload.orderId)
      }),
    ],
  }
  const { mail, ...others } = hosts
  const services = await OperatedServices.open([others, { mail }])
  const { url, tokens } = services
  const orders = services.service('orders')
  return {
    url,
    tokens,
    works,
    mend: async () => {
      Object.assign(works, { billing: true, mail: true })
      await Promise.all(Object.keys(hosts).map(name => discardAll(services.service(name))))
      await abandonStuck(orders)
    },
    order: async data => (await orders.startSaga(checkout, data, { key: data.orderId })).sagaId,
    tell: async (...told) => {
      await orders.transaction(async tx => {
        for (const each of told) await tx.publish(placed, each)
      })
    },
    mails: orderId => mails.filter(each => each === orderId).length,
    deadLetters: async name => (await services.service(name).queries.figures()).dead,
    statusOf: async sagaId => (await orders.queries.saga(sagaId))?.state.status,
    endMail: () => services.end('mail'),
    close: () => services.close(),
  }
}

type Made = ReturnType<OperatedServices['service']>

const deed = { by: 'the test', reason: 'what was tried is over' }

async function discardAll(made: Made): Promise<void> {
  const { rows } = await made.queries.inbox({ state: 'dead', limit: 500 })
  const identities = rows.map(({ identity }) => identity)
  if (identities.length > 0) await made.discard(identities, deed)
}

async function abandonStuck(orders: Made): Promise<void> {
  const { rows } = await orders.queries.sagas({ status: 'stuck', limit: 200 })
  for (const { id } of rows) await orders.request(id, { action: { kind: 'abandon' }, ...deed })
}
