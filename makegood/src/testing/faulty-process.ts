import type { Envelope, Wire } from '../ports/wire.ts'
import type { DueFault, Fault, FaultPlan } from './fault-plan.ts'

/** One process of a test: what its store and its transport know of each other, and its end. */
export class FaultyProcess {
  readonly #wire: Wire
  readonly #plan: FaultPlan
  readonly #links = new Map<string, CommitListener>()
  readonly #cuts: (() => void)[] = []
  readonly #transactions = new Set<Promise<unknown>>()
  readonly #ended: Promise<never>
  #end!: (crash: SimulatedCrash) => void
  #crash: SimulatedCrash | undefined

  constructor(wire: Wire, plan: FaultPlan) {
    this.#wire = wire
    this.#plan = plan
    this.#ended = new Promise((_resolve, reject) => {
      this.#end = reject
    })
    this.#ended.catch(() => {})
  }

  /** The planned fault that is due here, if there is one. */
  meet(point: Fault['point'], service: string, about: Partial<Messages>): DueFault | undefined {
    const { handled = [], sent = [] } = about
    if (point === 'crash after publish' && sent.length === 0) return undefined
    return this.#plan.meet({
      point,
      service,
      handled: handled.map(message => ('envelope' in message ? this.#nameOf(message.envelope) : message.name)),
      sent: sent.map(envelope => this.#nameOf(envelope)),
    })
  }

  /** From now on this is told of the service's commits. */
  listens(service: string, listener: CommitListener): void {
    this.#links.set(service, listener)
  }

  committed(service: string, messages: Messages): void {
    this.#links.get(service)?.committed(messages)
  }

  get isOver(): boolean {
    return this.#crash !== undefined
  }

  /** What breaks at the end: a connection. */
  cutAtEnd(cut: () => unknown): void {
    this.#cuts.push(cut)
  }

  /** The database ends these before anybody is told of a crash: what had asked for its commit may get it. */
  async transaction<Result>(open: () => Promise<Result>): Promise<Result> {
    const transaction = open()
    this.#transactions.add(transaction)
    try {
      return await transaction
    } finally {
      this.#transactions.delete(transaction)
    }
  }

  /** Returns what whoever is in the middle of something is to throw. */
  end({ fault, happened }: DueFault): SimulatedCrash {
    const crash = new SimulatedCrash(`${fault.service}: ${fault.point}, as the test had planned.`)
    this.#crash ??= crash
    this.#end(crash)
    for (const cut of this.#cuts) cut()
    void Promise.allSettled(this.#transactions).then(happened)
    return crash
  }

  get crash(): SimulatedCrash | undefined {
    return this.#crash
  }

  /** Rejects when the process dies, so that whatever is around `work` is taken back. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    return await Promise.race([work(), this.#ended])
  }

  /** The same thing, but for its answers: after the end there are none, not even to what was asked before. */
  mortal<Thing extends object>(thing: Thing): Thing {
    return new Proxy(thing, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => (this.isOver ? never() : this.#unlessOver(value.apply(target, given)))
      },
    })
  }

  #unlessOver(answer: unknown): unknown {
    if (!(answer instanceof Promise)) return answer
    return answer.then(
      result => (this.isOver ? never() : result),
      error => (this.isOver ? never() : Promise.reject(error)),
    )
  }

  #nameOf(envelope: Envelope): string {
    try {
      const { kind, type } = this.#wire.decode(envelope)
      return `${kind} ${type}`
    } catch {
      return 'unreadable'
    }
  }
}

/** What a transaction took in and sends, or what a delivery is. */
export interface Messages {
  readonly handled: readonly (HandledMessage | { readonly envelope: Envelope })[]
  readonly sent: readonly Envelope[]
}

export interface HandledMessage {
  readonly id: string
  /** Its kind and its type. */
  readonly name: string
}

export interface CommitListener {
  committed(messages: Messages): void
}

/** What the transactions that were open at a crash are rolled back with. */
export class SimulatedCrash extends Error {}

export function never(): Promise<never> {
  return new Promise(() => {})
}
