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
import { inboxRowOf, jsonOrNull, jsonText, numberOf, type Row, sagaRowOf, textOf } from '../stored-rows.ts'
import { array } from './array.ts'
import type { Send, Value } from './client.ts'
import * as queries from './queries.ts'
import { admittedColumns, handlingColumns, insertedColumns, savedColumns } from './rows.ts'

/** What a transaction can say, whoever opened it and whatever carries it. Each method is one statement, sent at once. */
export class Statements {
  readonly #service: string
  readonly #send: Send

  constructor(service: string, send: Send) {
    this.#service = service
    this.#send = send
  }

  lock(names: readonly string[]): Promise<void> {
    return this.#write(names, () => this.#ask(queries.takeLocks, array(names)))
  }

  admit(rows: readonly NewInboxRow[]): Promise<ReadonlySet<string>> {
    if (rows.length === 0) return Promise.resolve(new Set())
    const given = new Map(rows.map(({ identity }) => [text(identity), identity]))
    return quiet(
      this.#ask(queries.admit, ...admittedColumns(rows)).then(
        admitted => new Set(admitted.map(row => given.get(textOf(row, 'identity'))!)),
      ),
    )
  }

  heldKeys(keys: readonly string[]): Promise<readonly string[]> {
    return this.#read(
      keys,
      () => this.#ask(queries.heldKeys, array(keys)),
      row => textOf(row, 'order_key'),
    )
  }

  lockInbox(identities: readonly string[]): Promise<readonly InboxRow[]> {
    return this.#read(identities, () => this.#ask(queries.lockInbox, array(identities)), inboxRowOf)
  }

  settle(rows: readonly SettledRow[]): Promise<void> {
    return this.#write(rows, () =>
      this.#ask(
        queries.settle,
        array(rows.map(row => row.identity)),
        ...handlingColumns(rows.map(row => row.handling)),
      ),
    )
  }

  redrive(letters: readonly RedrivenLetter[]): Promise<readonly string[]> {
    return this.#read(
      letters,
      () =>
        this.#ask(
          queries.redrive,
          array(letters.map(letter => letter.identity)),
          array(letters.map(letter => letter.dueInMs)),
          array(letters.map(letter => jsonOrNull(letter.envelope))),
        ),
      row => textOf(row, 'identity'),
    )
  }

  discard(identities: readonly string[]): Promise<readonly string[]> {
    return this.#read(
      identities,
      () => this.#ask(queries.discard, array(identities)),
      row => textOf(row, 'identity'),
    )
  }

  insertSagas(sagas: readonly NewSaga[]): Promise<readonly Inserted[]> {
    return sagas.length === 0 ? Promise.resolve([]) : quiet(this.#insertSagas(sagas))
  }

  lockSagas(ids: readonly string[]): Promise<readonly SagaRow[]> {
    return this.#read(ids, () => this.#ask(queries.lockSagas, array(ids)), sagaRowOf)
  }

  lockDueSagas(limit: number): Promise<readonly SagaRow[]> {
    void this.#ask(queries.putOffChecks)
    return quiet(this.#ask(queries.lockDueSagas, String(limit)).then(rows => rows.map(sagaRowOf)))
  }

  saveSagas(sagas: readonly SavedSaga[]): Promise<void> {
    return this.#write(sagas, () => this.#ask(queries.saveSagas, ...savedColumns(sagas)))
  }

  addToJournal(entries: readonly JournalEntry[]): Promise<void> {
    return this.#write(entries, () =>
      this.#ask(
        queries.addToJournal,
        array(entries.map(entry => entry.sagaId)),
        array(entries.map(entry => entry.kind)),
        array(entries.map(entry => entry.step)),
        array(entries.map(entry => jsonOrNull(entry.detail))),
      ),
    )
  }

  addToOutbox(envelopes: readonly Envelope[], leaseMs: number): Promise<readonly string[]> {
    return envelopes.length === 0 ? Promise.resolve([]) : quiet(this.#addToOutbox(envelopes, leaseMs))
  }

  async #addToOutbox(envelopes: readonly Envelope[], leaseMs: number): Promise<readonly string[]> {
    const free = envelopes.filter(({ inOrder }) => inOrder === undefined)
    const added = this.#write(free, () =>
      this.#ask(
        queries.addToOutbox,
        String(leaseMs),
        array(free.map(envelope => envelope.id)),
        array(free.map(jsonText)),
      ),
    )
    const inOrder = envelopes.filter(envelope => envelope.inOrder)
    const [left] = await Promise.all([this.#addInOrder(inOrder, leaseMs), added])
    return leaseMs === 0 ? envelopes.map(({ id }) => id) : left
  }

  async #addInOrder(envelopes: readonly Envelope[], leaseMs: number): Promise<readonly string[]> {
    if (envelopes.length === 0) return []
    const keys = envelopes.map(({ key = '' }) => key)
    void this.lock([...new Set(keys)].map(key => `order:${key}`))
    const rows = await this.#ask(
      queries.addInOrder,
      String(leaseMs),
      array(envelopes.map(envelope => envelope.id)),
      array(keys),
      array(envelopes.map(jsonText)),
    )
    return rows.filter(row => row['claims'] === '0').map(row => textOf(row, 'id'))
  }

  forget(ids: readonly string[]): Promise<void> {
    return this.#write(ids, () => this.#ask(queries.forget, array(ids)))
  }

  addToAudit(entries: readonly AuditEntry[]): Promise<void> {
    return this.#write(entries, () =>
      this.#ask(
        queries.addToAudit,
        array(entries.map(entry => entry.by)),
        array(entries.map(entry => entry.action)),
        array(entries.map(entry => entry.target)),
        array(entries.map(entry => entry.reason)),
        array(entries.map(entry => jsonOrNull(entry.detail))),
      ),
    )
  }

  now(): Promise<number> {
    return quiet(this.#send({ ...queries.transactionTime, values: [] }).then(([row]) => numberOf(row!, 'now')))
  }

  async #insertSagas(sagas: readonly NewSaga[]): Promise<readonly Inserted[]> {
    const inserted = new Set((await this.#ask(queries.insertSagas, ...insertedColumns(sagas))).map(row => row['id']))
    const isNew = ({ id }: NewSaga) => inserted.has(text(id))
    if (sagas.every(isNew)) return sagas.map(({ id }) => ({ sagaId: id, isNew: true }))
    const [definitions, keys] = [array(sagas.map(saga => saga.definition)), array(sagas.map(saga => saga.key))]
    const ids = await this.#ask(queries.sagaIds, definitions, keys)
    return ids.map((row, index) => ({ sagaId: textOf(row, 'id'), isNew: isNew(sagas[index]!) }))
  }

  #ask(query: queries.Query, ...values: readonly Value[]): Promise<readonly Row[]> {
    return this.#send({ ...query, values: [this.#service, ...values] })
  }

  #read<Given, Read>(
    given: readonly Given[],
    ask: () => Promise<readonly Row[]>,
    read: (row: Row) => Read,
  ): Promise<readonly Read[]> {
    return given.length === 0 ? Promise.resolve([]) : quiet(ask().then(rows => rows.map(read)))
  }

  #write<Given>(given: readonly Given[], ask: () => Promise<readonly Row[]>): Promise<void> {
    return given.length === 0 ? Promise.resolve() : quiet(ask().then(() => {}))
  }
}

interface Inserted {
  readonly sagaId: string
  readonly isNew: boolean
}
