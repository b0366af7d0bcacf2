import type { SagaState, SagaStatus } from '../model/saga-state.ts'
import type { Custody, Handling, InboxRow, NewInboxRow, NewSaga, ServiceStore, Store } from '../ports/store.ts'
import type { Envelope } from '../ports/wire.ts'

export interface OpenedStore {
  readonly store: Store<StatementClient>
  close(): Promise<void>
}

/** What the scenarios need of `tx.db`: it takes a statement, and rejects if that fails. */
export interface StatementClient {
  query(text: string): Promise<unknown>
}

/** What scenarios say in the database's own SQL. */
export interface StoreWords {
  /** A statement that fails because of `division by zero`. */
  readonly fails: string
  /** The table of the migrations that were applied. */
  readonly migrations: string
  /** The table of the sagas. */
  readonly sagas: string
  /** Whether a transaction of this database waits for another. */
  somebodyWaits(db: StatementClient): Promise<boolean>
}

/** A store of a service of its own. */
export type Fresh = () => Promise<ServiceStore<StatementClient>>

export function message(identity: string, parts: Partial<NewInboxRow> = {}): NewInboxRow {
  return {
    identity,
    messageId: `id of ${identity}`,
    kind: 'command',
    type: 'inventory.reserve',
    sagaId: 's1',
    correlationId: 'chain',
    causationId: undefined,
    digest: 'digest',
    handling: handling(),
    ...parts,
  }
}

export function handling(parts: Partial<Handling> = {}): Handling {
  return {
    state: 'handled',
    attempt: 1,
    refusals: 0,
    callBegun: false,
    answer: undefined,
    custody: undefined,
    error: undefined,
    ...parts,
  }
}

export function custody(parts: Partial<Custody> = {}): Custody {
  return { envelope: envelope('m1'), attempts: 0, firstAttemptAt: 0, dueInMs: 0, leaseMs: 0, fence: 0, ...parts }
}

export function parked(parts: Partial<Custody> = {}): Handling {
  return handling({ state: 'parked', custody: custody(parts) })
}

export function dead(parts: Partial<Custody> = {}): Handling {
  return handling({
    state: 'dead',
    custody: custody({ ...parts, dueInMs: Number.POSITIVE_INFINITY }),
    error: 'it threw',
  })
}

export function envelope(id: string): Envelope {
  return { id, address: 'saga.s1.command.inventory.reserve', mandatory: true, headers: { tenant: 'a' }, body: '{}' }
}

export function saga(id: string, parts: Partial<NewSaga> = {}): NewSaga {
  return {
    id,
    definition: 'checkout',
    version: 1,
    key: id,
    data: {},
    headers: {},
    state: state('running'),
    wakeAt: undefined,
    ...parts,
  }
}

/** A store looks at the status and keeps the rest as it is. */
export function state(status: SagaStatus): SagaState {
  return { status, steps: {} } as unknown as SagaState
}

export function redrive(store: ServiceStore<StatementClient>, ...identities: string[]): Promise<readonly string[]> {
  return store.transaction(tx => tx.redrive(identities.map(identity => ({ identity, dueInMs: 0 }))))
}

export async function park(
  store: ServiceStore<StatementClient>,
  dueInMs: { readonly [identity: string]: number },
): Promise<void> {
  const rows = Object.entries(dueInMs).map(([identity, inMs]) =>
    message(identity, { handling: parked({ envelope: envelope(identity), dueInMs: inMs }) }),
  )
  await store.transaction(tx => tx.admit(rows))
}

/** As if the process that holds it had died long ago. */
export async function endLease(store: ServiceStore<StatementClient>, identity: string): Promise<void> {
  await store.transaction(async tx => {
    const [row] = await tx.lockInbox([identity])
    const { custody } = row!.handling
    await tx.settle([{ identity, handling: { ...row!.handling, custody: { ...custody!, leaseMs: 0 } } }])
  })
}

export function identities(rows: readonly InboxRow[]): readonly string[] {
  return rows.map(row => row.identity)
}

export async function eventually<Item>(ask: () => Promise<readonly Item[]>): Promise<readonly Item[]> {
  for (;;) {
    const items = await ask()
    if (items.length > 0) return items
  }
}

/** Resolves when the database's clock, which may be no finer, has moved on. */
export async function nextMillisecond(store: ServiceStore<StatementClient>): Promise<void> {
  const now = () => store.transaction(tx => tx.now())
  const before = await now()
  while ((await now()) === before);
}

/** Resolves when a transaction of this database waits for another. */
export async function somebodyWaits(store: ServiceStore<StatementClient>, words: StoreWords): Promise<void> {
  while (!(await store.transaction(tx => words.somebodyWaits(tx.db))));
}

export interface Gate {
  reached(): void
  readonly wasReached: Promise<void>
  open(): void
  readonly opened: Promise<void>
}

export function gate(): Gate {
  let reached = () => {}
  let open = () => {}
  const wasReached = new Promise<void>(resolve => {
    reached = resolve
  })
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { reached: () => reached(), wasReached, open: () => open(), opened }
}

/** Resolves for all when so many have come. */
export function meeting(size: number): () => Promise<void> {
  const { opened, open } = gate()
  let come = 0
  return () => {
    come += 1
    if (come === size) open()
    return opened
  }
}
