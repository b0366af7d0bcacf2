import type { InboxRow, NewInboxRow, ServiceStore, Store, StoreTransaction } from '../ports/store.ts'
import type { Envelope } from '../ports/wire.ts'
import { type FaultyProcess, type HandledMessage, never, SimulatedCrash } from './faulty-process.ts'

/** A store whose transactions meet the crashes of a plan. */
export function faultyStore<Db>(store: Store<Db>, process: FaultyProcess): Store<Db> {
  const { name, traits } = store
  return { name, traits, open: service => faultyServiceStore(service, store.open(service), process) }
}

function faultyServiceStore<Db>(service: string, inner: ServiceStore<Db>, process: FaultyProcess): ServiceStore<Db> {
  process.cutAtEnd(() => inner.close())
  const mortal = process.mortal(inner)

  return replacing(mortal, {
    queries: process.mortal(inner.queries),
    classify: error => (error instanceof SimulatedCrash ? 'unavailable' : inner.classify(error)),
    transaction: async work => {
      if (process.isOver) return never()
      const seen = new SeenTransaction()
      const result = await process.transaction(() =>
        inner.transaction(tx =>
          process.during(async () => {
            const result = await work(seen.watch(tx, process))
            const due = process.meet('crash before commit', service, seen)
            if (due !== undefined) throw process.end(due)
            return result
          }),
        ),
      )
      if (process.crash !== undefined) throw process.crash
      const due = process.meet('crash after commit', service, seen)
      if (due !== undefined) throw process.end(due)
      process.committed(service, seen)
      return result
    },
  })
}

/** What a transaction took in and sends. */
class SeenTransaction {
  readonly handled: HandledMessage[] = []
  readonly sent: Envelope[] = []

  /** What was at work when its process died says nothing more: its connection is somebody else's by then. */
  watch<Db>(tx: StoreTransaction<Db>, process: FaultyProcess): StoreTransaction<Db> {
    const mortal = process.mortal(tx)
    return replacing(mortal, {
      admit: rows => {
        this.#takesIn(rows)
        return mortal.admit(rows)
      },
      lockInbox: async identities => {
        const rows = await mortal.lockInbox(identities)
        this.#takesIn(rows)
        return rows
      },
      addToOutbox: (envelopes, leaseMs) => {
        this.sent.push(...envelopes)
        return mortal.addToOutbox(envelopes, leaseMs)
      },
      savepoint: () => process.mortal(mortal.savepoint()),
    })
  }

  #takesIn(rows: readonly (NewInboxRow | InboxRow)[]): void {
    for (const { messageId, kind, type } of rows) this.handled.push({ id: messageId, name: `${kind} ${type}` })
  }
}

/** The same thing with some of its methods replaced; the others run as its own. */
function replacing<Thing extends object>(thing: Thing, others: Partial<Thing>): Thing {
  return new Proxy(thing, {
    get: (target, key) => {
      const value: unknown = Reflect.get(key in others ? others : target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
