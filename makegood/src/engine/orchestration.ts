import type { Choreography } from '../definition/choreography.ts'
import type { Saga } from '../definition/saga.ts'
import { MakegoodError } from '../model/errors.ts'
import type { Input, SagaState } from '../model/saga-state.ts'
import type { JournalEntry, NewSaga, SagaRow, StoreTransaction } from '../ports/store.ts'
import { decide, notStarted, wakeAtOf } from './decide.ts'
import type { Decision } from './decision.ts'
import type { Engine } from './engine.ts'
import { follow, type Told } from './follow.ts'
import { sagaKey } from './hosted.ts'
import type { Origin, Outgoing } from './outgoing.ts'

/** A saga that ended, or got stuck, in a transaction: told to whoever waits for it once that has committed. */
export interface SagaNews {
  readonly id: string
  readonly definition: string
  readonly state: SagaState
  readonly seconds: number
  readonly row: SagaRow
}

/**
 * The sagas that one transaction moves: decides, keeps what changes until the end, and writes it then in one statement
 * a table.
 */
export class Orchestration {
  readonly #engine: Engine
  readonly #outgoing: Outgoing
  /** The database's clock at the beginning of the transaction, when that is known. */
  readonly began: Promise<number>
  #now = Number.NaN
  readonly #rows = new Map<string, SagaRow>()
  readonly #changed = new Set<string>()
  #journal: JournalEntry[] = []

  constructor(engine: Engine, outgoing: Outgoing, now: Promise<number>) {
    this.#engine = engine
    this.#outgoing = outgoing
    this.began = now.then(ms => {
      this.#now = ms
      return ms
    })
    // Whoever does not wait for it learns of its failure from the end of the transaction.
    this.began.catch(() => {})
  }

  /** Takes in rows that the transaction has locked. */
  add(rows: readonly SagaRow[]): void {
    for (const row of rows) this.#rows.set(row.id, row)
  }

  has(sagaId: string): boolean {
    return this.#rows.has(sagaId)
  }

  /** Whether this process knows the saga's definition in its version. */
  hosts(sagaId: string): boolean {
    return this.definitionOf(sagaId) !== undefined
  }

  /** Undefined if this process does not know it in its version. */
  definitionOf(sagaId: string): Saga | Choreography | undefined {
    const row = this.#rows.get(sagaId)
    if (row === undefined) return undefined
    const { sagas, tracked } = this.#engine.hosted
    const key = sagaKey(row.definition, row.version)
    return sagas.get(key) ?? tracked.get(key)
  }

  /** Whether the saga makes a dead letter of this step good by itself, so that nobody is to redrive it (rule 9). */
  makesGood(sagaId: string, step: string): boolean {
    const definition = this.definitionOf(sagaId)
    if (definition?.kind !== 'saga') return false
    return definition.stages.flat().some(({ name, kind }) => name === step && kind === 'compensatable')
  }

  /** Remembers where the journal stands; the function returned takes back what was added since. */
  mark(): () => void {
    const { length } = this.#journal
    return () => {
      this.#journal = this.#journal.slice(0, length)
    }
  }

  /** Takes a locked saga, or instance of a choreography, on by one input. */
  apply(sagaId: string, input: Input | Told, causationId: string | undefined): Decision {
    const row = this.#rows.get(sagaId)
    const definition = this.definitionOf(sagaId)
    if (row === undefined || definition === undefined)
      throw new MakegoodError('SAGA_UNKNOWN', `There is no saga ${sagaId} here.`)
    const decision = this.#decide(definition, row, input)
    if (decision.state === row.state) return decision
    this.#rows.set(sagaId, { ...row, state: decision.state })
    this.#changed.add(sagaId)
    this.#emit(row, decision, causationId)
    return decision
  }

  /** Starts sagas: one that its key has already starts nothing. */
  async start(
    tx: StoreTransaction<unknown>,
    starts: readonly SagaStart[],
  ): Promise<readonly { sagaId: string; isNew: boolean }[]> {
    if (starts.length === 0) return []
    await this.began
    const begun = starts.map(start => this.#begin(start))
    const results = await tx.insertSagas(begun.map(({ saga }) => saga))
    for (const [at, { isNew }] of results.entries()) {
      const { saga, decision } = begun[at]!
      if (isNew) this.#emit(saga, decision, starts[at]!.origin.causationId)
    }
    return results
  }

  /** Writes what has changed. */
  save(tx: StoreTransaction<unknown>): void {
    const changed = [...this.#changed].map(id => this.#rows.get(id)!)
    if (changed.length > 0) void tx.saveSagas(changed.map(({ id, state }) => ({ id, state, wakeAt: wakeAtOf(state) })))
    if (this.#journal.length > 0) void tx.addToJournal(this.#journal)
  }

  news(): readonly SagaNews[] {
    return [...this.#changed].flatMap(id => {
      const row = this.#rows.get(id)!
      const { definition, state, startedAt } = row
      const seconds = (this.#now - startedAt) / 1_000
      return isUnderWay(state) ? [] : [{ id, definition, state, seconds, row }]
    })
  }

  #begin({ definition, id, key, data, origin }: SagaStart): { saga: NewSaga; decision: Decision } {
    const decision = decide(
      { definition, data },
      notStarted(definition, this.#now),
      { kind: 'start' },
      this.#circumstances(),
    )
    const { name, version } = definition
    const { state } = decision
    return {
      decision,
      saga: { id, definition: name, version, key, data, headers: origin.headers, state, wakeAt: wakeAtOf(state) },
    }
  }

  #emit(saga: Pick<NewSaga, 'id' | 'headers'>, decision: Decision, causationId: string | undefined): void {
    const origin: Origin = { correlationId: saga.id, causationId, headers: saga.headers }
    for (const send of decision.send) this.#outgoing.command(saga.id, send, origin)
    for (const { type, payload } of decision.publish) this.#outgoing.event(type, payload, { sagaId: saga.id }, origin)
    for (const { kind, step, detail } of decision.journal) this.#journal.push({ sagaId: saga.id, kind, step, detail })
  }

  #decide(definition: Saga | Choreography, { data, state }: SagaRow, input: Input | Told): Decision {
    if (definition.kind === 'choreography') return follow(definition, state, input, this.#now)
    if (input.kind === 'told') throw new Error(`The saga ${definition.name} is led, and not told of events.`)
    return decide({ definition, data }, state, input, this.#circumstances())
  }

  #circumstances() {
    return { now: this.#now, canClose: this.#engine.wire.canClose }
  }
}

export function isUnderWay({ status }: SagaState): boolean {
  return status === 'running' || status === 'compensating'
}

export interface SagaStart {
  readonly definition: Saga
  readonly id: string
  readonly key: string
  readonly data: unknown
  readonly origin: Origin
}
