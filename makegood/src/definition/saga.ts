import type { Command, Event } from './message.ts'
import type { Schema } from './schema.ts'

/** A finished definition: frozen data that a service hosts, `tx.start` starts, and the console draws. */
export interface Saga<Name extends string = string, Data = unknown, StepName extends string = string> {
  readonly kind: 'saga'
  readonly name: Name
  readonly version: number
  readonly data: Schema<Data>
  readonly deadlineMs?: number
  readonly startsOn?: StartEvent
  /** In running order. The steps of one stage run in parallel; most stages have one. */
  readonly stages: readonly (readonly SagaStep<StepName>[])[]
  readonly ends: { readonly completed?: EndEvent; readonly compensated?: EndEvent }
}

export interface SagaStep<StepName extends string = string> extends Timing {
  readonly name: StepName
  readonly kind: 'compensatable' | 'pivot' | 'retriable' | 'best-effort'
  readonly command: Command
  readonly payload: Untyped
  readonly when?: Untyped
  readonly compensation?: 'not needed' | StepCompensation
}

export interface StepCompensation extends Timing {
  readonly command: Command
  readonly payload: Untyped
  readonly inDoubt?: Untyped
}

export interface StartEvent {
  readonly event: Event
  readonly key: Untyped
  readonly data: Untyped
}

export interface EndEvent {
  readonly event: Event
  readonly payload: Untyped
}

/** A function of the definition, called by the engine with what the chain's types promised. */
export type Untyped = (...args: never[]) => unknown

export interface Timing {
  /** How long a step may stay silent before it is in doubt. @defaultValue 3 600 000, one hour */
  readonly deadlineMs?: number
  /** How a command that met an error, not a failure, is tried again. */
  readonly retry?: RetryOptions
}

/**
 * How the participant tries a command again after an error. Before the pivot the default is 5 attempts; compensations
 * and retriable steps are tried for 24 hours, with pauses of up to 5 minutes (protocol, rule 14).
 */
export interface RetryOptions {
  /**
   * How many times in all, from 1 to 1 000. A handler with an outside call is tried until `forMs` is over instead: a
   * provider that is down for a while is waited for (protocol, rule 14).
   */
  readonly attempts?: number
  /** How long after the first attempt further ones may begin, in milliseconds, up to 7 days. */
  readonly forMs?: number
  /** The first pause; each further one is twice as long, all with jitter. @defaultValue 200 */
  readonly firstDelayMs?: number
  /** The longest pause. @defaultValue 30 000, and 300 000 for compensations and retriable steps */
  readonly delayMsMax?: number
}

/** All steps in running order; those of a parallel stage in the order in which they are written. */
export function stepsOf(saga: Saga): readonly SagaStep[] {
  return saga.stages.flat()
}

export function findStep(saga: Saga, name: string): SagaStep | undefined {
  return stepsOf(saga).find(step => step.name === name)
}

/** Every command that a saga may send: its steps' and their compensations'. */
export function commandsOf(saga: Saga): readonly Command[] {
  return stepsOf(saga).flatMap(({ command, compensation }) =>
    typeof compensation === 'object' ? [command, compensation.command] : [command],
  )
}
