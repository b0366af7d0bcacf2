import type {
  AuditEntry,
  InboxRow,
  JournalEntry,
  NewInboxRow,
  NewSaga,
  RedrivenLetter,
  SagaRow,
  SavedSaga,
  SettledRow,
} from '../../ports/store.ts'
import type { Envelope } from '../../ports/wire.ts'
import { quiet } from '../quiet.ts'
import { text } from '../storable-text.ts'
import { inboxRowOf, jsonText, numberOf, type Row, sagaRowOf, textOf } from '../stored-rows.ts'
import type { Result, Send, Value } from './client.ts'
import * as queries from './queries.ts'
import { admittedOf, auditedOf, entryOf, handlingOf, insertedOf, names, redrivenOf, rows, stateOf } from './rows.ts'

/** What a transaction can say, whoever opened it and whatever carries it. */
export class Statements {
  readonly #service: string
  readonly #send: Send
  #now: Promise<number> | undefined

  constructor(service: string, send: Send) {
    this.#service = service
    this.#send = send
  }

  lock(given: readonly string[]): Promise<void> {
    return this.#write(given, () => this.#ask(queries.takeLocks, names(given)))
  }

  admit(given: readonly NewInboxRow[]): Promise<ReadonlySet<string>> {
    return given.length === 0 ? Promise.resolve(new Set()) : quiet(this.#admit(given))
  }

  async #admit(given: readonly NewInboxRow[]): Promise<ReadonlySet<string>> {
    const admitted = admittedOf(given)
    const byText = new Map(given.map(({ identity }) => [text(identity), identity]))
    const { affectedRows } = await this.#ask(queries.admit, rows(admitted))
    if (affectedRows === admitted.length) return new Set(byText.values())
    const { rows: once } = await this.#ask(queries.arrivedOnce, names([...byText.keys()]))
    return new Set(once.map(row => byText.get(textOf(row, 'identity'))!))
  }

  heldKeys(keys: readonly string[]): Promise<readonly string[]> {
    return this.#read(
      keys,
      () => this.#ask(queries.heldKeys, names(keys)),
      row => textOf(row, 'order_key'),
    )
  }

  lockInbox(identities: readonly string[]): Promise<readonly InboxRow[]> {
    return this.#read(identities, () => this.#ask(queries.lockInbox, names(identities)), inboxRowOf)
  }

  settle(given: readonly SettledRow[]): Promise<void> {
    return this.#write(given, () =>
      this.#ask(queries.settle, rows(given.map(({ identity, handling }) => [identity, ...handlingOf(handling)]))),
    )
  }

  redrive(letters: readonly RedrivenLetter[]): Promise<readonly string[]> {
    const identities = letters.map(({ identity }) => identity)
    return this.#changeDead(identities, dead => {
      const due = letters.filter(({ identity }) => dead.includes(text(identity)))
      return [queries.redrive, rows(due.map(redrivenOf))]
    })
  }

  discard(identities: readonly string[]): Promise<readonly string[]> {
    return this.#changeDead(identities, dead => [queries.discard, names(dead)])
  }

  /** Resolves with those of them that are dead letters, and no other. */
  #changeDead(
    identities: readonly string[],
    change: (dead: readonly string[]) => readonly [queries.Query, string],
  ): Promise<readonly string[]> {
    if (identities.length === 0) return Promise.resolve([])
    return quiet(
      this.#ask(queries.lockDead, names(identities)).then(async ({ rows: found }) => {
        const dead = found.map(row => textOf(row, 'identity'))
        if (dead.length > 0) await this.#ask(...change(dead))
        return dead
      }),
    )
  }

  insertSagas(sagas: readonly NewSaga[]): Promise<readonly Inserted[]> {
    return sagas.length === 0 ? Promise.resolve([]) : quiet(this.#insertSagas(sagas))
  }

  /** In the order of their keys, as everybody inserts them. */
  async #insertSagas(sagas: readonly NewSaga[]): Promise<readonly Inserted[]> {
    const inOrder = sagas.toSorted((a, b) => compare([a.definition, a.key], [b.definition, b.key]))
    const { affectedRows } = await this.#ask(queries.insertSagas, rows(inOrder.map(insertedOf)))
    if (affectedRows === sagas.length) return sagas.map(({ id }) => ({ sagaId: id, isNew: true }))
    const ids = await this.#ask(queries.sagaIds, rows(sagas.map(({ definition, key }) => [definition, key])))
    return ids.rows.map((row, at) => ({ sagaId: textOf(row, 'id'), isNew: textOf(row, 'id') === text(sagas[at]!.id) }))
  }

  lockSagas(ids: readonly string[]): Promise<readonly SagaRow[]> {
    return this.#read(ids, () => this.#ask(queries.lockSagas, names(ids)), sagaRowOf)
  }

  lockDueSagas(limit: number): Promise<readonly SagaRow[]> {
    return quiet(this.#lockDueSagas(limit))
  }

  async #lockDueSagas(limit: number): Promise<readonly SagaRow[]> {
    const early = await this.#ask(queries.lockEarly)
    if (early.rows.length > 0) await this.#ask(queries.putOffChecks, names(early.rows.map(row => textOf(row, 'id'))))
    return (await this.#ask(queries.lockDueSagas, String(limit))).rows.map(sagaRowOf)
  }

  saveSagas(sagas: readonly SavedSaga[]): Promise<void> {
    return this.#write(sagas, () => this.#ask(queries.saveSagas, rows(sagas.map(saga => [saga.id, ...stateOf(saga)]))))
  }

  addToJournal(entries: readonly JournalEntry[]): Promise<void> {
    return this.#write(entries, () => this.#ask(queries.addToJournal, rows(entries.map(entryOf))))
  }

  addToOutbox(envelopes: readonly Envelope[], leaseMs: number): Promise<readonly string[]> {
    return envelopes.length === 0 ? Promise.resolve([]) : quiet(this.#addToOutbox(envelopes, leaseMs))
  }

  async #addToOutbox(envelopes: readonly Envelope[], leaseMs: number): Promise<readonly string[]> {
    const keys = envelopes.flatMap(({ inOrder, key = '' }) => (inOrder ? [key] : []))
    const busy = keys.length === 0 ? new Set() : await this.#busyKeys(keys)
    const isLeft = ({ inOrder, key = '' }: Envelope) => leaseMs === 0 || (inOrder === true && busy.has(text(key)))
    await this.#ask(
      queries.addToOutbox,
      rows(
        envelopes.map(envelope => [
          envelope.id,
          envelope.inOrder ? (envelope.key ?? '') : null,
          isLeft(envelope) ? 0 : leaseMs,
          jsonText(envelope),
        ]),
      ),
    )
    return envelopes.filter(isLeft).map(({ id }) => id)
  }

  /** Under the locks of their keys, so that numbers grow in the order of the commits (protocol, rule 23). */
  async #busyKeys(keys: readonly string[]): Promise<ReadonlySet<string>> {
    void this.lock(keys.map(key => `order:${key}`))
    const { rows: there } = await this.#ask(queries.keysInOutbox, names(keys))
    return new Set(there.map(row => textOf(row, 'order_key')))
  }

  forget(ids: readonly string[]): Promise<void> {
    return this.#write(ids, () => this.#ask(queries.forget, names(ids)))
  }

  addToAudit(entries: readonly AuditEntry[]): Promise<void> {
    return this.#write(entries, () => this.#ask(queries.addToAudit, rows(entries.map(auditedOf))))
  }

  /** MySQL's clock moves on within a transaction: what it said first stands. */
  now(): Promise<number> {
    this.#now ??= quiet(this.#send(queries.transactionTime, []).then(({ rows }) => numberOf(rows[0]!, 'now')))
    return this.#now
  }

  #ask(query: queries.Query, ...values: readonly Value[]): Promise<Result> {
    return this.#send(query, [this.#service, ...values])
  }

  #read<Read>(
    given: readonly string[],
    ask: () => Promise<Result>,
    read: (row: Row) => Read,
  ): Promise<readonly Read[]> {
    return given.length === 0 ? Promise.resolve([]) : quiet(ask().then(({ rows }) => rows.map(read)))
  }

  #write<Given>(given: readonly Given[], ask: () => Promise<Result>): Promise<void> {
    return given.length === 0 ? Promise.resolve() : quiet(ask().then(() => {}))
  }
}

function compare(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((part, index) => part !== other[index])
  return at < 0 ? 0 : one[at]! < other[at]! ? -1 : 1
}

interface Inserted {
  readonly sagaId: string
  readonly isNew: boolean
}
