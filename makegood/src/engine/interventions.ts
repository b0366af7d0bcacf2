import { MakegoodError, textOf } from '../model/errors.ts'
import type { Request } from '../model/saga-state.ts'
import type { AuditEntry, InboxRow, SagaRow, StoreTransaction } from '../ports/store.ts'
import type { Changes } from './change.ts'
import { type Effect, effectOf } from './effect.ts'
import type { Engine } from './engine.ts'
import { Orchestration } from './orchestration.ts'
import { Outgoing } from './outgoing.ts'
import { withPayload } from './payload-edit.ts'
import { pruneNow } from './pruning.ts'
import { revisionOf } from './revision.ts'

/** Who does something, and why: the audit says it. */
export interface Deed {
  /** From 1 to 200 characters. */
  readonly by: string
  /** From 1 to 2 000 characters. */
  readonly reason: string
}

export interface DecidedOn {
  /** Of the state that it was decided on, by `revisionOf`. @defaultValue whatever state it is in */
  readonly revision?: string
}

export interface RedriveOptions extends Deed {
  /** How long after one the next is due, in milliseconds, up to an hour. @defaultValue 0, all at once */
  readonly spacingMs?: number
  /** Takes the place of the payload of one letter, whose message is declared `editable`. */
  readonly payload?: unknown
}

/** What people do to a service by hand, each in one transaction with what the audit says of it. */
export class Interventions {
  readonly #engine: Engine
  readonly #changes: Changes

  constructor(engine: Engine, changes: Changes) {
    this.#engine = engine
    this.#changes = changes
  }

  async request(sagaId: string, request: Request, { revision }: DecidedOn): Promise<Effect> {
    const { action, by, reason } = request
    const entry = { action: action.kind, by, reason, target: sagaId }
    checkDeed(entry)
    return this.#reaching(
      this.#changes.make(async ({ tx, orchestration }) => {
        const rows = await tx.lockSagas([sagaId])
        const effect = requested(orchestration, rows, { sagaId, request, revision })
        const { from, to } = effect
        const { definition, key } = rows[0]!
        const step = 'step' in action ? { step: action.step } : {}
        void tx.addToAudit([{ ...entry, detail: { definition, key, ...step, from, to } }])
        return effect
      }),
    )
  }

  /** What the application itself asks for: its journal says it, and the audit is of what people do. */
  requestUnaudited(sagaId: string, request: Request): Promise<Effect> {
    return this.#changes.make(async ({ tx, orchestration }) =>
      requested(orchestration, await tx.lockSagas([sagaId]), { sagaId, request, revision: undefined }),
    )
  }

  /** Decides as `request` does, on what is not locked, and keeps nothing of it. */
  async preview(sagaId: string, request: Request, { revision }: DecidedOn): Promise<Effect> {
    const { store, clock } = this.#engine
    const orchestration = new Orchestration(this.#engine, new Outgoing(this.#engine), Promise.resolve(clock.now()))
    const [rows] = await Promise.all([store.queries.sagasById([sagaId]), orchestration.began])
    return requested(orchestration, rows, { sagaId, request, revision })
  }

  redrive(identities: readonly string[], options: RedriveOptions | undefined): Promise<readonly string[]> {
    const { spacingMs = 0, payload } = options ?? {}
    if (!(spacingMs >= 0 && spacingMs <= spacingMsMax))
      throw new MakegoodError('OPTION_INVALID', `spacingMs is ${spacingMs}; it may be from 0 to ${spacingMsMax}.`)
    if (payload !== undefined && identities.length !== 1)
      throw new MakegoodError(
        'OPTION_INVALID',
        'A payload takes the place of that of one letter, and of no other number.',
      )
    return this.#withLetters(identities, async (tx, letters) => {
      const [first] = letters
      const edit = first && payload !== undefined ? await withPayload(this.#engine, first, payload) : undefined
      const envelope = edit === undefined ? {} : { envelope: edit.envelope }
      void tx.redrive(letters.map(({ identity }, at) => ({ identity, dueInMs: at * spacingMs, ...envelope })))
      const detail = edit === undefined ? {} : { changed: edit.changed }
      if (options !== undefined)
        void tx.addToAudit(entriesFor(letters, options, edit === undefined ? 'redrive' : 'edit', detail))
    })
  }

  discard(identities: readonly string[], deed: Deed): Promise<readonly string[]> {
    return this.#withLetters(identities, async (tx, letters) => {
      void tx.discard(letters.map(({ identity }) => identity))
      void tx.addToAudit(entriesFor(letters, deed, 'discard', {}))
    })
  }

  async audit(entry: AuditEntry): Promise<void> {
    checkDeed(entry)
    await this.#reaching(this.#engine.store.transaction(tx => tx.addToAudit([entry])))
  }

  async prune({ by, reason }: Deed): Promise<number> {
    const { inboxMs, sagasMs } = this.#engine.limits
    await this.audit({ by, reason, action: 'prune', target: undefined, detail: { inboxMs, sagasMs } })
    return this.#reaching(pruneNow(this.#engine))
  }

  /** Those of the given ones that are dead letters, locked, in the order given. Resolves with their identities. */
  async #withLetters(
    given: readonly string[],
    work: (tx: StoreTransaction<unknown>, letters: readonly InboxRow[]) => Promise<void>,
  ): Promise<readonly string[]> {
    if (given.length > lettersMax)
      throw new MakegoodError(
        'OPTION_INVALID',
        `At most ${lettersMax} dead letters at a time, and not ${given.length}.`,
      )
    return this.#reaching(
      this.#engine.store.transaction(async tx => {
        const rows = new Map((await tx.lockInbox(given)).map(row => [row.identity, row]))
        const letters = [...new Set(given)].flatMap(identity => rows.get(identity) ?? []).filter(isDeadLetter)
        await work(tx, letters)
        return letters.map(({ identity }) => identity)
      }),
    )
  }

  /** A person who asks is told that the database is away; nobody tries it for them again. */
  #reaching<Result>(work: Promise<Result>): Promise<Result> {
    const { store, service } = this.#engine
    return work.catch((error: unknown) => {
      if (error instanceof MakegoodError || store.classify(error) !== 'unavailable') throw error
      const says = `The database of ${service} cannot be reached. (${textOf(error)})`
      throw new MakegoodError('STORE_UNAVAILABLE', says, { cause: error })
    })
  }
}

const lettersMax = 1_000
const spacingMsMax = 3_600_000

interface Requested {
  readonly sagaId: string
  readonly request: Request
  readonly revision: string | undefined
}

/** @throws MakegoodError `SAGA_UNKNOWN`, `ACTION_OUTDATED`, `ACTION_REFUSED` */
function requested(
  orchestration: Orchestration,
  rows: readonly SagaRow[],
  { sagaId, request, revision }: Requested,
): Effect {
  const row = rows[0]
  if (row !== undefined && revision !== undefined && revision !== revisionOf(row.state)) throw outdated(row)
  orchestration.add(rows)
  const decision = orchestration.apply(sagaId, { kind: 'request', ...request }, undefined)
  if (decision.refused !== undefined) throw new MakegoodError('ACTION_REFUSED', decision.refused)
  return effectOf(orchestration.definitionOf(sagaId)!, row!.state, decision)
}

function outdated({ id, state, changedAt }: SagaRow): MakegoodError {
  return new MakegoodError(
    'ACTION_OUTDATED',
    `The saga ${id} has changed since, at ${new Date(changedAt).toISOString()}: it is ${state.status} now. Look at it again.`,
  )
}

/** One that was discarded is dead too, and no letter any more. */
function isDeadLetter({ handling }: InboxRow): boolean {
  return handling.state === 'dead' && handling.custody !== undefined
}

function entriesFor(
  letters: readonly InboxRow[],
  { by, reason }: Deed,
  action: string,
  detail: object,
): readonly AuditEntry[] {
  checkDeed({ by, reason })
  return letters.map(({ identity, type, sagaId }) => ({
    ...{ by, reason, action, target: identity },
    detail: { type, ...(sagaId === undefined ? {} : { sagaId }), ...detail },
  }))
}

function checkDeed({ by, reason }: Deed): void {
  for (const [name, text, most] of [
    ['by', by, 200],
    ['reason', reason, 2_000],
  ] as const) {
    if (typeof text === 'string' && text.trim() !== '' && text.length <= most) continue
    throw new MakegoodError('OPTION_INVALID', `The audit needs \`${name}\`, of at most ${most} characters.`)
  }
}
