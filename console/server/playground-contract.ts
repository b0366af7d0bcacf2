import type { SagaStatus } from 'makegood/operations/contract'

/**
 * What the page of the playground and the process that runs a system say to each other, under
 * `/console/api/playground`. Every answer is all that there is to see.
 */
export interface PlaygroundView {
  readonly system: string
  /** What the page leads through. */
  readonly experiments: readonly ExperimentView[]
  /** Those that are documented. */
  readonly orders: readonly OrderView[]
  /** What can be turned in the world around the system. */
  readonly switches: readonly SwitchView[]
  readonly services: readonly PlayedService[]
  /** Newest first: the last hundred. */
  readonly placed: readonly PlacedOrder[]
  /** Whether money and goods are where they belong: counted when no order is under way and all services run. */
  readonly books: readonly BookView[]
}

export interface ExperimentView {
  readonly name: string
  readonly title: string
  /** One sentence: what is to be seen. */
  readonly says: string
  readonly steps: readonly ExperimentStepView[]
  /** How many of its steps were taken since it was begun, whoever took them; one that failed was not. */
  readonly taken: number
  /** Whether the next is being taken at this moment. */
  readonly isTaking: boolean
  /** How many orders had been placed when it was begun. */
  readonly before: number
}

export interface ExperimentStepView {
  /** What is done. */
  readonly title: string
  /** What to look at then. */
  readonly says: string
}

export interface OrderView {
  readonly name: string
  /** What is ordered, in a few words. */
  readonly wanted: string
  /** As it is documented, with what stands in its way. */
  readonly title: string
  /** How it ends, if the world is as documented. */
  readonly ends: string
}

export interface SwitchView {
  readonly name: string
  readonly title: string
  /** A `share` goes from 0 to 1. */
  readonly unit: 'share' | 'times' | 'amount'
  readonly max: number
  readonly value: number
}

export interface PlayedService {
  readonly name: string
  readonly state: 'on' | 'off' | 'starting' | 'stopping'
  /** Messages for it that it has not handled: with their senders while it is off. */
  readonly waiting: number
}

export interface PlacedOrder {
  readonly number: number
  readonly wanted: string
  readonly at: string
  /** What the system answered to the request. */
  readonly answer: string
  /** Null if it was refused at once, or has not begun. */
  readonly saga: { readonly id: string; readonly status: SagaStatus } | null
  readonly steps: readonly WayStep[]
  /** Services that are off, and that it cannot go on without. */
  readonly waitsFor: readonly string[]
  /** It moves no more: it has ended, or was refused at once, or needs a person. */
  readonly isOver: boolean
}

export interface WayStep {
  readonly name: string
  readonly state: 'ahead' | 'open' | 'done' | 'failed' | 'undoing' | 'undone' | 'skipped'
}

export interface BookView {
  readonly title: string
  /** What is counted, and what it should be. */
  readonly says: string
  /** The orders for which it does not come out. */
  readonly wrong: readonly string[]
}

/** Places orders: as documented, with the world turned to how it is documented; or as the world is. */
export interface PlaceOrders {
  readonly order: string
  /** From 1 to 50. @defaultValue 1 */
  readonly times?: number
  /** @defaultValue false */
  readonly asDocumented?: boolean
}

export interface TurnSwitches {
  readonly [name: string]: number
}

export interface DoStep {
  readonly experiment: string
  readonly step: number
}
