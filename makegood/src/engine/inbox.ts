import { type CommandMessage, type Message, stepIdentity } from '../model/message.ts'
import type { Handling, InboxRow, NewInboxRow, SettledRow, StoreTransaction } from '../ports/store.ts'
import type { Engine } from './engine.ts'
import { closed, handled, newCustody, parked } from './record.ts'
import { storable } from './storable.ts'
import type { Work } from './work.ts'

/** What one transaction knows of its messages' past, and what it writes down of them at its end. */
export class Inbox {
  readonly #engine: Engine
  readonly #tx: StoreTransaction<unknown>
  readonly #records = new Map<string, Handling>()
  readonly #rows = new Map<string, InboxRow>()
  readonly #settled = new Map<string, Handling>()
  readonly #fresh = new Set<string>()
  #heldKeys: ReadonlySet<string> = new Set()

  constructor(engine: Engine, tx: StoreTransaction<unknown>) {
    this.#engine = engine
    this.#tx = tx
  }

  /** Inserts a row for each message, and locks and reads what was there before. */
  async admit(work: readonly Work[]): Promise<void> {
    const rows = work.flatMap(item => this.#rowsToAdmit(item))
    const keys = work.flatMap(({ orderKey, claim }) => (orderKey === undefined || claim ? [] : [orderKey]))
    const [heldKeys] = await Promise.all([this.#tx.heldKeys(keys), this.#insert(rows)])
    this.#heldKeys = new Set(heldKeys)
    const known = work.flatMap(identitiesOf).filter(identity => !this.#fresh.has(identity))
    if (known.length === 0) return
    for (const row of await this.#tx.lockInbox(known)) {
      this.#rows.set(row.identity, row)
      this.#records.set(row.identity, row.handling)
    }
  }

  /** A command that was only looked for at first (rule 5) is to run. False if another replica has just run it. */
  async admitLate(item: Work, handling: Handling): Promise<boolean> {
    await this.#insert([newRow(item, handling)])
    return this.#fresh.has(item.identity)
  }

  /** A row of its own for what has none, and is of no interest to the rest of this transaction. */
  add(item: Work, identity: string, handling: Handling): void {
    void this.#tx.admit([{ ...newRow(item, handling), identity }])
  }

  /** It was never here before. */
  isFresh({ identity }: Work): boolean {
    return this.#fresh.has(identity)
  }

  /** As it was before this transaction; undefined if it was not here. */
  rowOf({ identity }: Work): InboxRow | undefined {
    return this.#rows.get(identity)
  }

  /** Something of its key came before it and is parked (protocol, rule 23). */
  isHeldBack({ orderKey }: Work): boolean {
    return orderKey !== undefined && this.#heldKeys.has(orderKey)
  }

  recordOf({ identity }: Work): Handling | undefined {
    return this.#records.get(identity)
  }

  /** A step's record, but for the closed one that admitting its compensation has just made. */
  stepRecordOf(command: CommandMessage): Handling | undefined {
    const identity = stepIdentity(command, 'forward')
    return this.#settled.get(identity) ?? (this.#fresh.has(identity) ? undefined : this.#records.get(identity))
  }

  settle(identity: string, handling: Handling): void {
    this.#records.set(identity, handling)
    this.#settled.set(identity, handling)
  }

  write(): void {
    const settled: SettledRow[] = [...this.#settled].map(([identity, handling]) => ({ identity, handling }))
    if (settled.length > 0) void this.#tx.settle(settled)
  }

  async #insert(rows: readonly NewInboxRow[]): Promise<void> {
    if (rows.length === 0) return
    const fresh = await this.#tx.admit(rows)
    for (const { identity, handling } of rows) {
      if (!fresh.has(identity)) continue
      this.#fresh.add(identity)
      this.#records.set(identity, handling)
    }
  }

  /** A command that may be too old to be judged is only looked for: admitting it would make it look known (rule 5). */
  #rowsToAdmit(item: Work): readonly NewInboxRow[] {
    const stepRow = this.#stepRowOf(item)
    if (item.claim !== undefined || isOldCommand(this.#engine, item)) return stepRow
    const attempt = item.reading.kind === 'command' ? item.reading.message.attempt : 1
    const handling = item.custodyFirst
      ? parked(handled(attempt), newCustody(item.envelope), undefined)
      : handled(attempt)
    return [newRow(item, handling), ...stepRow]
  }

  /** Asking whether a step ran and closing it are one act: its row is inserted closed, unless it is there (rule 7). */
  #stepRowOf(item: Work): readonly NewInboxRow[] {
    const { reading } = item
    if (reading.kind !== 'command' || reading.message.direction === 'forward' || isOldCommand(this.#engine, item))
      return []
    return [{ ...newRow(item, closed(undefined)), identity: stepIdentity(reading.message, 'forward'), digest: '' }]
  }
}

export function isOldCommand(engine: Engine, { reading }: Work): boolean {
  return reading.kind === 'command' && isOld(engine, reading.message.stepFirstSentAt)
}

/** Sent longer ago than the inbox remembers. */
export function isOld({ clock, limits }: Engine, firstSentAt: number): boolean {
  return firstSentAt < clock.now() - limits.inboxMs
}

export function newRow({ identity, envelope, reading, digest, orderKey }: Work, handling: Handling): NewInboxRow {
  const message: Message | undefined = reading.message
  return {
    identity,
    messageId: storable(envelope.id),
    kind: message?.kind ?? 'unknown',
    type: message?.type ?? 'unknown',
    sagaId: message?.sagaId,
    correlationId: message?.correlationId ?? storable(envelope.id),
    causationId: message?.causationId,
    digest,
    key: orderKey,
    handling,
  }
}

function identitiesOf({ identity, reading }: Work): readonly string[] {
  const aboutStep = reading.kind === 'command' && reading.message.direction !== 'forward'
  return aboutStep ? [identity, stepIdentity(reading.message, 'forward')] : [identity]
}
