import type { PgClient, Service } from 'makegood'

/** What can be tried with a system where all of it runs in one process, to see what sagas do. */
export interface Playground {
  /** Those that are documented; the first is the plain one. */
  readonly orders: readonly OfferedOrder[]
  /** What can be turned in the world around the services while they run. */
  readonly switches: readonly Switch[]
  readonly experiments: readonly Experiment[]
  /** Fills up what experiments use up: stock, balances. */
  refill(shop: Shop): Promise<void>
  /** Counts money and goods. Asked only while no order is under way and all services run. */
  books(shop: Shop): Promise<readonly Book[]>
}

/** The services of a system, by their names. */
export interface Shop {
  urlOf(service: string): string
  service(name: string): Service<string, PgClient>
}

export interface OfferedOrder {
  readonly name: string
  /** What is ordered, in a few words. */
  readonly wanted: string
  /** As it is documented, with what stands in its way. */
  readonly title: string
  /** How it is documented to end. */
  readonly ends: string
  /** How switches stand for it; those that are left out stay as they are. */
  readonly switches?: { readonly [name: string]: number }
  /** Places it, as a customer would. */
  place(shop: Shop): Promise<Answered>
}

export interface Answered {
  /** What the system says to the request. */
  readonly says: string
  /** The saga that the order is; undefined if it was refused. */
  readonly saga: StartedSaga | undefined
}

/** It may not have begun yet. */
export interface StartedSaga {
  readonly definition: string
  readonly id: string
}

export interface Switch {
  readonly name: string
  readonly title: string
  /** A `share` goes from 0 to 1. */
  readonly unit: 'share' | 'times' | 'amount'
  readonly max: number
  value: number
}

/** One that is a number among others, which whoever heeds it reads each time. */
export function switchOf<Name extends string>(
  values: { [Each in Name]: number },
  name: Name,
  about: Pick<Switch, 'title' | 'unit' | 'max'>,
): Switch {
  return {
    ...about,
    name,
    get value() {
      return values[name]
    },
    set value(value) {
      values[name] = value
    },
  }
}

export interface Experiment {
  readonly name: string
  readonly title: string
  /** One sentence: what is to be seen. */
  readonly says: string
  readonly steps: readonly ExperimentStep[]
}

export interface ExperimentStep {
  readonly title: string
  /** What to look at then. */
  readonly says: string
  /** One after the other. */
  readonly actions: readonly Action[]
}

export type Action =
  | { readonly kind: 'turn'; readonly switches: { readonly [name: string]: number } }
  | { readonly kind: 'place'; readonly order: string; readonly times?: number }
  | { readonly kind: 'stop'; readonly service: string }
  /** All services that are stopped. */
  | { readonly kind: 'start all' }
  | { readonly kind: 'refill' }

/** A sum that has to come out. */
export interface Book {
  readonly title: string
  readonly says: string
  /** The orders for which it does not. */
  readonly wrong: readonly string[]
}

/** What every experiment begins with: all services run, and there is enough of everything. */
export const begin: readonly Action[] = [{ kind: 'start all' }, { kind: 'refill' }]
