import type {
  Delivery,
  Link,
  LinkOptions,
  LinkState,
  Published,
  PublishOptions,
  Transport,
} from '../ports/transport.ts'
import type { Envelope } from '../ports/wire.ts'
import type { DueFault, Mishap, MishapPoint } from './fault-plan.ts'
import { type CommitListener, type FaultyProcess, type Messages, never } from './faulty-process.ts'

/** A transport whose deliveries meet the mishaps of a plan, and that is cut when its process dies. */
export function faultyTransport(transport: Transport, process: FaultyProcess): Transport {
  const { name, traits } = transport
  return {
    name,
    traits,
    connect: options => {
      const link = new FaultyLink(transport.connect(options), options, process)
      process.listens(options.service, link)
      return link
    },
  }
}

class FaultyLink implements Link, CommitListener {
  readonly #inner: Link
  readonly #service: string
  readonly #process: FaultyProcess
  /** Taken from the broker and kept back, or given out once before. */
  #heldBack: HeldBack[] = []
  /** What was given out in place of a delivery of the broker's; undefined for one that the broker knows nothing of. */
  readonly #copies = new Map<Delivery, Delivery | undefined>()
  readonly #unheard = new Set<Delivery>()
  /** Ids of the messages that were given out and not acknowledged. */
  readonly #inHand = new Set<string>()
  /** The process dies when one of these messages is acknowledged; until then nothing is published any more. */
  #endsAtAcknowledge: End | undefined
  /** The process dies when one of these messages has been published. */
  #endsAtPublish: End | undefined

  constructor(inner: Link, { service }: LinkOptions, process: FaultyProcess) {
    this.#inner = inner
    this.#service = service
    this.#process = process
    process.cutAtEnd(() => inner.close())
  }

  get state(): LinkState {
    return this.#process.isOver ? { state: 'closed' } : this.#inner.state
  }

  committed(messages: Messages): void {
    const afterAcknowledge = this.#process.meet('crash after acknowledge', this.#service, messages)
    if (afterAcknowledge !== undefined) {
      const delivered = messages.handled.flatMap(message => ('id' in message ? message.id : []))
      const inHand = new Set(delivered.filter(id => this.#inHand.has(id)))
      if (inHand.size === 0) throw this.#process.end(afterAcknowledge)
      this.#endsAtAcknowledge = { messages: inHand, due: afterAcknowledge }
    }
    const afterPublish = this.#process.meet('crash after publish', this.#service, messages)
    if (afterPublish !== undefined)
      this.#endsAtPublish = { messages: new Set(messages.sent.map(({ id }) => id)), due: afterPublish }
  }

  async publish(envelopes: readonly Envelope[], options?: PublishOptions): Promise<Published> {
    if (this.#process.isOver || this.#endsAtAcknowledge !== undefined) return never()
    const published = await this.#inner.publish(envelopes, options)
    this.#endIfAt(this.#endsAtPublish, envelopes)
    return this.#process.isOver ? never() : published
  }

  async take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    if (this.#process.isOver) return never()
    const until = Date.now() + waitMs
    for (;;) {
      const due = this.#takeDue(max)
      const leftMs = until - Date.now()
      if (due.length === 0 && leftMs > 0) {
        const taken = await this.#inner.take(max, Math.min(leftMs, ...this.#heldBack.map(({ at }) => at - Date.now())))
        if (this.#process.isOver) return never()
        due.push(...this.#meetMishaps(taken))
      }
      for (const { envelope } of due) this.#inHand.add(envelope.id)
      if (due.length > 0 || leftMs <= 0 || this.#inner.state.state === 'closed') return due
    }
  }

  acknowledge(deliveries: readonly Delivery[]): void {
    if (this.#process.isOver) return
    const heard = deliveries.filter(delivery => !this.#unheard.delete(delivery))
    this.#inner.acknowledge(
      heard.flatMap(delivery => (this.#copies.has(delivery) ? (this.#copies.get(delivery) ?? []) : delivery)),
    )
    for (const delivery of deliveries) {
      this.#copies.delete(delivery)
      this.#inHand.delete(delivery.envelope.id)
    }
    this.#endIfAt(
      this.#endsAtAcknowledge,
      deliveries.map(({ envelope }) => envelope),
    )
  }

  waiting(): Promise<number | undefined> {
    return this.#process.isOver ? never() : this.#inner.waiting()
  }

  close(): Promise<void> {
    return this.#process.isOver ? never() : this.#inner.close()
  }

  #endIfAt(end: End | undefined, envelopes: readonly Envelope[]): void {
    if (end === undefined || this.#process.isOver) return
    if (envelopes.some(({ id }) => end.messages.has(id))) this.#process.end(end.due)
  }

  #takeDue(max: number): Delivery[] {
    const now = Date.now()
    const due = this.#heldBack.filter(({ at }) => at <= now).slice(0, max)
    this.#heldBack = this.#heldBack.filter(held => !due.includes(held))
    return due.map(({ delivery }) => delivery)
  }

  /** Leaves those that are to be given out now. */
  #meetMishaps(taken: readonly Delivery[]): readonly Delivery[] {
    const now = Date.now()
    // Whatever waits for the next one is due after these.
    if (taken.length > 0) this.#heldBack = this.#heldBack.map(held => (held.untilNext ? { ...held, at: now } : held))
    return taken.filter((delivery, index) => {
      const met = (point: MishapPoint) => {
        const due = this.#process.meet(point, this.#service, { handled: [delivery] })
        due?.happened()
        return due?.fault as Mishap | undefined
      }
      if (met('duplicate')) this.#giveAgain({ ...delivery }, undefined)
      if (met('drop acknowledgement')) {
        this.#unheard.add(delivery)
        this.#giveAgain({ ...delivery, redelivered: true }, delivery)
      }
      const late = met('delay') ?? met('reorder')
      if (late === undefined) return true
      const untilNext = late.point === 'reorder'
      const isLast = index === taken.length - 1
      this.#heldBack.push({ delivery, at: untilNext && !isLast ? now : now + (late.ms ?? holdBackMs), untilNext })
      return false
    })
  }

  #giveAgain(copy: Delivery, original: Delivery | undefined): void {
    this.#copies.set(copy, original)
    this.#heldBack.push({ delivery: copy, at: Date.now(), untilNext: false })
  }
}

interface End {
  readonly messages: ReadonlySet<string>
  readonly due: DueFault
}

interface HeldBack {
  readonly delivery: Delivery
  readonly at: number
  readonly untilNext: boolean
}

const holdBackMs = 100
