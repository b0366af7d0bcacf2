import type { Envelope, Queue, Topology } from './wire.ts'

/** Carries messages between services. One object may be shared by all services of a process. */
export interface Transport {
  readonly name: string
  /** What this transport promises beyond the contract below; the contract suite tests what is claimed. */
  readonly traits: TransportTraits
  /**
   * Makes a service's link to the broker. Resolves at once: an absent broker is not an error but a link that is not
   * `connected` yet, and that becomes so by itself when the broker is there, again and again.
   * @throws MakegoodError `OPTION_INVALID` for options that can never work.
   */
  connect(options: LinkOptions): Link
}

export interface TransportTraits {
  /** Messages survive a restart of the broker. `embedded` has none: the sender's outbox is its durable queue. */
  readonly durable: boolean
  /** Publishing tells when nobody takes a mandatory message. */
  readonly reportsUndeliverable: boolean
  /**
   * Among which messages for one queue order is kept: those of one call of `publish`, or only those of one key.
   * @defaultValue 'call'
   */
  readonly keepsOrderOf?: 'call' | 'key'
  /**
   * Which acknowledged messages come again with one that was not: none; those that travelled in one pack with it; or
   * those that came after it. @defaultValue 'none'
   */
  readonly comesAgain?: 'none' | 'pack' | 'later'
}

export interface LinkOptions {
  readonly service: string
  readonly topology: Topology
  /** Where to take from; undefined for a service that only sends. */
  readonly queue: Queue | undefined
  /** How many messages may wait, taken by this process and not yet acknowledged. */
  readonly prefetch: number
  /** Told of everything that a person on call may want to read: connection lost, refused, blocked, recovered. */
  readonly report: (event: LinkEvent) => void
}

export interface LinkEvent {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly cause?: unknown
}

export interface Link {
  /**
   * Resolves when the broker has said of every message what became of it, or cannot any more. Never rejects: what is
   * in neither list was not confirmed, stays in the outbox and is published again. Order of one call is kept.
   */
  publish(envelopes: readonly Envelope[], options?: PublishOptions): Promise<Published>
  /**
   * Resolves with what has arrived, oldest first, at least one and at most `max`; with nothing after `waitMs` without
   * any, or when the link closes. Waits through outages. Never two calls at once.
   */
  take(max: number, waitMs: number): Promise<readonly Delivery[]>
  /** Tells the broker that these are done. Never rejects: what cannot be acknowledged comes again. */
  acknowledge(deliveries: readonly Delivery[]): void
  readonly state: LinkState
  /**
   * How many messages of its queue no process has taken. As far as this one can tell: what others have fetched ahead may
   * be left out, and what they have in hand may be in it. Undefined without a queue, and while the broker does not
   * answer: never rejects, and takes 2 s at the most.
   */
  waiting(): Promise<number | undefined>
  /**
   * Stops taking, and is `closed` from now on; what was taken and not acknowledged goes back to the queue. Confirms that
   * are due are awaited for a moment.
   */
  close(): Promise<void>
}

export interface PublishOptions {
  /**
   * These come from the outbox and not from memory: they may have been sent, handled or the death of a process before
   * (protocol, rule 17). A transport whose broker knows better need not look at it. @defaultValue false
   */
  readonly mayHaveBeenSent?: boolean
}

export interface Published {
  /** Held durably by the broker (or handled by every receiver, on `embedded`). */
  readonly confirmed: readonly string[]
  /** Mandatory and taken by nobody. */
  readonly undeliverable: readonly string[]
}

/** A message that arrived. The transport keeps what it needs to acknowledge it in its own subtype. */
export interface Delivery {
  readonly envelope: Envelope
  /** It may have been here before (protocol, rule 17). */
  readonly redelivered: boolean
}

export type LinkState =
  | { readonly state: 'connected' }
  | { readonly state: 'connecting'; readonly because: string }
  /** The broker takes nothing at present, for want of memory or disk; what was published waits. */
  | { readonly state: 'blocked'; readonly because: string }
  | { readonly state: 'closed' }
