import type { MessageType } from '../model/message.ts'

/**
 * Plans what goes wrong, and at which message. Give the plan to `faulty`, with which the services are made.
 *
 * Use it to show of your own system that whatever process dies, and whenever, every saga ends and every effect happens
 * once. A fault happens once; plan it again to have it again. Plan it before the message is sent.
 *
 * @example
 * ```ts
 * const plan = faultPlan()
 * const startMoney = async () => {
 *   const money = service('money', { ...faulty({ store, transport, wire }, plan), hosts: [chargeHandler] })
 *   await money.start()
 *   return money
 * }
 * await startMoney()
 *
 * const crashed = plan.next({ point: 'crash after commit', service: 'money', handles: 'command money.charge' })
 * const { sagaId } = await orders.transaction(tx => tx.start(checkout, order, { key: order.id }))
 * await crashed
 * await startMoney() // what has crashed is left alone: it is not stopped, and it never answers again
 * expect((await orders.result(sagaId)).status).toBe('completed')
 * ```
 */
export function faultPlan(): FaultPlan {
  return new Plan()
}

export interface FaultPlan {
  /** Resolves when the fault has happened. Never, if the message does not come that often. */
  next(fault: Fault): Promise<void>
  /** What has not happened yet. */
  readonly planned: readonly Fault[]
  /** For `faulty`: the fault that is due at this moment, if there is one. */
  meet(moment: Moment): DueFault | undefined
}

export type Fault = Crash | Mishap

/**
 * The death of a process: from that moment nothing of it answers or does anything, its link to the broker is cut with
 * what was not acknowledged, its open transactions are rolled back, and what it holds under a lease stays held.
 */
export type Crash = {
  readonly point: CrashPoint
  readonly service: string
  /** The how manieth such transaction it is at, from 1. @defaultValue 1 */
  readonly time?: number
} & (
  | { /** At the transaction that takes in this message. */ readonly handles: MessageName }
  | { /** At the transaction that sends this message. */ readonly sends: MessageName }
)

export type CrashPoint =
  /** Everything was written, nothing is committed. */
  | 'crash before commit'
  /** Committed; not acknowledged, nothing published. */
  | 'crash after commit'
  /** Committed and acknowledged; nothing published. A transaction that no delivery has led to is as after the commit. */
  | 'crash after acknowledge'
  /** Published and confirmed; the outbox does not know it. */
  | 'crash after publish'

/** What happens to a message on its way to a service. */
export interface Mishap {
  readonly point: MishapPoint
  readonly service: string
  readonly handles: MessageName
  /** The how manieth such message it happens to, from 1. @defaultValue 1 */
  readonly time?: number
  /** How long it is held back, at the most, in milliseconds. @defaultValue 100 */
  readonly ms?: number
}

export type MishapPoint =
  /** It is delivered a second time, and nothing says so. */
  | 'duplicate'
  /** It is delivered `ms` later; others pass it by. */
  | 'delay'
  /** It is delivered after the next one, or after `ms` if none comes. */
  | 'reorder'
  /** The broker does not hear that it was handled: it is delivered again, as redelivered. */
  | 'drop acknowledgement'

/** The kind and the type of a message; a reply has the type of the command that it answers. */
export type MessageName = `${'command' | 'reply' | 'event'} ${MessageType}`

/** Where a process is: what the transaction or the delivery in question is about. */
export interface Moment {
  readonly point: Fault['point']
  readonly service: string
  readonly handled: readonly string[]
  readonly sent: readonly string[]
}

export interface DueFault {
  readonly fault: Fault
  /** To be called when it has happened. */
  readonly happened: () => void
}

class Plan implements FaultPlan {
  #armed: readonly Armed[] = []

  get planned(): readonly Fault[] {
    return this.#armed.map(({ fault }) => fault)
  }

  next(fault: Fault): Promise<void> {
    return new Promise(resolve => {
      this.#armed = [...this.#armed, { fault, left: fault.time ?? 1, happened: resolve }]
    })
  }

  meet(moment: Moment): DueFault | undefined {
    this.#armed = this.#armed.map(each => (isAt(each.fault, moment) ? { ...each, left: each.left - 1 } : each))
    const due = this.#armed.find(({ left }) => left === 0)
    this.#armed = this.#armed.filter(({ left }) => left > 0)
    return due
  }
}

interface Armed extends DueFault {
  readonly left: number
}

function isAt(fault: Fault, { point, service, handled, sent }: Moment): boolean {
  if (fault.point !== point || fault.service !== service) return false
  return 'sends' in fault ? sent.includes(fault.sends) : handled.includes(fault.handles)
}
