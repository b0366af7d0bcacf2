import type { OutboxRow, PostponedRow } from '../ports/store.ts'
import type { Link, PublishOptions } from '../ports/transport.ts'
import type { Envelope } from '../ports/wire.ts'
import type { Engine } from './engine.ts'
import { type Loop, loop } from './loop.ts'

/**
 * Publishes what was committed: from memory right after the commit, and from the table what stayed there because a
 * process died, the broker was away, or too much was under way already. A row goes only when its own publish was
 * confirmed; until then it may be published again, and the receiver's inbox makes it one (protocol, rules 19 and 21).
 */
export class Outbox {
  readonly #engine: Engine
  readonly #link: Link
  /** Published here and not confirmed: the relay leaves them alone. */
  readonly #underWay = new Set<string>()
  #confirmed: string[] = []
  /** Those that others may wait for. */
  #confirmedInOrder: string[] = []
  /** Stay in the table for now: nobody takes them, or the broker was lost before it could say. */
  #putOff: PostponedRow[] = []
  /** Rows were left in the table although the broker is there: they go as confirms come. */
  #isBehind = false
  #relay: Loop | undefined
  #sweeper: Loop | undefined

  constructor(engine: Engine, link: Link) {
    this.#engine = engine
    this.#link = link
  }

  start(): void {
    this.#relay = loop(this.#engine, 'relay', () => this.#claimAndPublish())
    this.#sweeper = loop(this.#engine, 'forgetting published messages', () => this.#sweep())
  }

  /** Publishes nothing more from the table, and waits for the confirms that are due, for `ms` at the most. */
  async drain(ms: number): Promise<void> {
    const { clock } = this.#engine
    await this.#relay?.stop()
    const until = clock.now() + ms
    while (this.#underWay.size > 0 && this.#link.state.state === 'connected' && clock.now() < until)
      await clock.sleep(10)
  }

  /** Once the link is closed: forgets what was confirmed, and leaves the rest to whoever relays next. */
  async stop(): Promise<void> {
    await this.#sweeper?.stop()
    await this.#sweep().catch(() => {})
  }

  /** For how long the rows of a transaction are held for this process to publish; 0 leaves them to the relay. */
  leaseFor(messages: number): number {
    const { unconfirmedMax, outboxLeaseMs } = this.#engine.limits
    const isOpen = this.#link.state.state === 'connected' && this.#underWay.size + messages <= unconfirmedMax
    return isOpen ? outboxLeaseMs : 0
  }

  /**
   * Takes over what a transaction has put into the outbox, but for what it had to leave to the relay. Never waits:
   * taking may not wait for publishing (rule 19).
   */
  committed(envelopes: readonly Envelope[], left: readonly string[]): void {
    const held = left.length === 0 ? envelopes : envelopes.filter(({ id }) => !left.includes(id))
    this.#publishAll(held.map(envelope => ({ envelope, claims: 1 })))
    if (left.length === 0) return
    this.#isBehind = true
    this.#relay?.wake()
  }

  /** What was confirmed and is still in the table, for a transaction to forget. */
  takeConfirmed(): readonly string[] {
    return this.#confirmed.splice(0, forgottenMax)
  }

  /** That transaction was rolled back. */
  putBack(confirmed: readonly string[]): void {
    this.#confirmed.push(...confirmed)
  }

  async #claimAndPublish(): Promise<number> {
    const { store, limits } = this.#engine
    const room = Math.min(limits.unconfirmedMax - this.#underWay.size, 4 * limits.batchSize)
    if (this.#link.state.state !== 'connected' || room <= 0) return limits.idleMs
    const claimed = await store.claimOutbox(room, limits.outboxLeaseMs)
    const keysUnderWay = new Set(
      claimed.filter(row => this.#isUnderWay(row)).map(({ envelope }) => orderKeyOf(envelope)),
    )
    const rows = claimed.filter(row => !this.#isUnderWay(row) && !isOneOf(keysUnderWay, orderKeyOf(row.envelope)))
    this.#publishAll(rows)
    this.#isBehind = claimed.length === room
    return this.#isBehind && rows.length > 0 ? 0 : limits.idleMs
  }

  #publishAll(rows: readonly OutboxRow[]): void {
    const first: OutboxRow[] = []
    const again: OutboxRow[] = []
    const inOrder = new Map<string, OutboxRow[]>()
    for (const row of rows) {
      const key = orderKeyOf(row.envelope)
      // Who claimed a row before may have sent it, and what handled it may have ended its process (protocol, rule 17).
      if (key === undefined) (row.claims > 1 ? again : first).push(row)
      else inOrder.set(key, [...(inOrder.get(key) ?? []), row])
    }
    if (again.length > 0) void this.#publish(again, { mayHaveBeenSent: true })
    if (first.length > 0) void this.#publish(first)
    for (const ofOneKey of inOrder.values()) void this.#publishInOrder(ofOneKey)
  }

  /** Of one key: each when the one before was confirmed (protocol, rule 23). */
  async #publishInOrder(rows: readonly OutboxRow[]): Promise<void> {
    for (const { envelope } of rows) this.#underWay.add(envelope.id)
    for (const [at, row] of rows.entries()) {
      if (await this.#publish([row], { mayHaveBeenSent: row.claims > 1 })) continue
      const behind = rows.slice(at + 1).map(({ envelope: { id } }) => id)
      for (const id of behind) this.#underWay.delete(id)
      this.#putOff.push(...behind.map(id => ({ id, inMs: 0 })))
      return
    }
  }

  /** Resolves with whether all were confirmed. */
  async #publish(rows: readonly OutboxRow[], options: PublishOptions = {}): Promise<boolean> {
    for (const { envelope } of rows) this.#underWay.add(envelope.id)
    const envelopes = rows.map(({ envelope }) => envelope)
    const { confirmed, undeliverable } = await this.#link.publish(envelopes, options)
    for (const { envelope } of rows) this.#underWay.delete(envelope.id)
    const isInOrder = envelopes.some(envelope => orderKeyOf(envelope) !== undefined)
    if (isInOrder) this.#confirmedInOrder.push(...confirmed)
    else this.#confirmed.push(...confirmed)
    if (confirmed.length < rows.length) this.#leave(rows, new Set(confirmed), new Set(undeliverable))
    // What is in order holds up what comes after it until it is gone.
    this.#sweeper?.wake(isInOrder ? 0 : sweepMs)
    if (this.#isBehind && confirmed.length > 0) this.#relay?.wake()
    this.#engine.telemetry.count('makegood_messages_published_total', {}, confirmed.length)
    return confirmed.length === rows.length
  }

  #isUnderWay({ envelope }: OutboxRow): boolean {
    return this.#underWay.has(envelope.id)
  }

  /** What nobody takes is tried again with growing pauses (protocol, rule 21); what was not confirmed, soon. */
  #leave(rows: readonly OutboxRow[], confirmed: ReadonlySet<string>, undeliverable: ReadonlySet<string>): void {
    const { log, service, telemetry } = this.#engine
    for (const { envelope, claims } of rows) {
      const { id, address } = envelope
      if (confirmed.has(id)) continue
      if (!undeliverable.has(id)) {
        this.#putOff.push({ id, inMs: 0, error: 'The broker did not confirm it.' })
        continue
      }
      const inMs = Math.min(500 * 2 ** claims, undeliverableMsMax)
      this.#putOff.push({ id, inMs, error: `Nobody takes ${address}.` })
      const text = `${service}: nobody takes ${address}; it stays in the outbox. Is its service deployed, and its queue bound?`
      log.warn({ service, message: id, address }, text)
    }
    telemetry.count('makegood_messages_undeliverable_total', {}, undeliverable.size)
    telemetry.count('makegood_messages_unconfirmed_total', {}, rows.length - confirmed.size - undeliverable.size)
  }

  /** Forgets what was confirmed and no transaction has come by to forget. */
  async #sweep(): Promise<number> {
    const { store, limits } = this.#engine
    const [confirmed, inOrder, putOff] = [this.#confirmed, this.#confirmedInOrder, this.#putOff]
    this.#confirmed = []
    this.#confirmedInOrder = []
    this.#putOff = []
    try {
      const gone = [...confirmed, ...inOrder]
      if (gone.length > 0) await store.forget(gone)
      if (putOff.length > 0) await store.postpone(putOff)
    } catch (error) {
      this.putBack(confirmed)
      this.#confirmedInOrder.push(...inOrder)
      this.#putOff.push(...putOff)
      throw error
    }
    if (inOrder.length > 0) this.#relay?.wake()
    return limits.idleMs
  }
}

/** How long what was confirmed waits for a transaction to go with. */
const sweepMs = 50
const forgottenMax = 500
const undeliverableMsMax = 60_000

function orderKeyOf({ key, inOrder }: Envelope): string | undefined {
  return inOrder ? key : undefined
}

function isOneOf(keys: ReadonlySet<string | undefined>, key: string | undefined): boolean {
  return key !== undefined && keys.has(key)
}
