import type { OutboxRow } from '../ports/store.ts'
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
  /** Stay in the table for now: nobody takes them, or the broker was lost before it could say. */
  #putOff: { id: string; inMs: number }[] = []
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

  /** Takes over what a transaction has put into the outbox. Never waits: taking may not wait for publishing (rule 19). */
  committed(envelopes: readonly Envelope[], held: boolean): void {
    if (envelopes.length === 0) return
    if (held) void this.#publish(envelopes.map(envelope => ({ envelope, claims: 1 })))
    else {
      this.#isBehind = true
      this.#relay?.wake()
    }
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
    const rows = claimed.filter(({ envelope }) => !this.#underWay.has(envelope.id))
    // Who claimed a row before may have sent it, and what handled it may have ended its process (protocol, rule 17).
    const again = rows.filter(({ claims }) => claims > 1)
    const first = rows.filter(({ claims }) => claims === 1)
    if (again.length > 0) void this.#publish(again, { mayHaveBeenSent: true })
    if (first.length > 0) void this.#publish(first)
    this.#isBehind = claimed.length === room
    return this.#isBehind && rows.length > 0 ? 0 : limits.idleMs
  }

  async #publish(rows: readonly OutboxRow[], options: PublishOptions = {}): Promise<void> {
    for (const { envelope } of rows) this.#underWay.add(envelope.id)
    const envelopes = rows.map(({ envelope }) => envelope)
    const { confirmed, undeliverable } = await this.#link.publish(envelopes, options)
    for (const { envelope } of rows) this.#underWay.delete(envelope.id)
    this.#confirmed.push(...confirmed)
    if (confirmed.length < rows.length) this.#leave(rows, new Set(confirmed), new Set(undeliverable))
    this.#sweeper?.wake(sweepMs)
    if (this.#isBehind && confirmed.length > 0) this.#relay?.wake()
    this.#engine.telemetry.count('makegood_messages_published_total', {}, confirmed.length)
  }

  /** What nobody takes is tried again with growing pauses (protocol, rule 21); what was not confirmed, soon. */
  #leave(rows: readonly OutboxRow[], confirmed: ReadonlySet<string>, undeliverable: ReadonlySet<string>): void {
    const { log, service, telemetry } = this.#engine
    for (const { envelope, claims } of rows) {
      const { id, address } = envelope
      if (confirmed.has(id)) continue
      const inMs = undeliverable.has(id) ? Math.min(500 * 2 ** claims, undeliverableMsMax) : 0
      this.#putOff.push({ id, inMs })
      if (inMs === 0) continue
      const text = `${service}: nobody takes ${address}; it stays in the outbox. Is its service deployed, and its queue bound?`
      log.warn({ service, message: id, address }, text)
    }
    telemetry.count('makegood_messages_undeliverable_total', {}, undeliverable.size)
  }

  /** Forgets what was confirmed and no transaction has come by to forget. */
  async #sweep(): Promise<number> {
    const { store, limits } = this.#engine
    const [confirmed, putOff] = [this.#confirmed, this.#putOff]
    this.#confirmed = []
    this.#putOff = []
    try {
      if (confirmed.length > 0) await store.forget(confirmed)
      if (putOff.length > 0) await store.postpone(putOff)
    } catch (error) {
      this.putBack(confirmed)
      this.#putOff.push(...putOff)
      throw error
    }
    return limits.idleMs
  }
}

/** How long what was confirmed waits for a transaction to go with. */
const sweepMs = 50
const forgottenMax = 500
const undeliverableMsMax = 60_000
