import type { Cause } from '../model/failure.ts'
import { checked } from './check.ts'
import type { Command, Event, MessageType } from './message.ts'
import type { Saga, SagaStep, StartEvent, Timing } from './saga.ts'
import type { Schema } from './schema.ts'

/**
 * Opens the definition of a saga. The steps follow in the order in which they run; `ends` closes it.
 *
 * Sagas in flight stay on the version they were started with; a new version is a new definition beside the old one.
 *
 * @example
 * export const checkout = saga('checkout', { version: 1, data: Order })
 *   .startsOn(orderPlaced, { key: order => order.orderId, data: order => order })
 *   .compensatable('payment', chargePayment, {
 *     payload: order => ({ orderId: order.orderId, amountCents: order.totalCents }),
 *     compensation: { command: refundPayment, payload: (order, { payment }) => ({ paymentId: payment.paymentId }) },
 *   })
 *   .ends()
 */
export function saga<const Name extends string, Data>(name: Name, options: SagaOptions<Data>): NewSaga<Name, Data> {
  return chain({ kind: 'saga', name, ...options, stages: [], ends: {} }) as never
}

export interface SagaOptions<Data> {
  /** A whole number from 1. Raise it whenever sagas in flight could not go on with the changed steps. */
  readonly version: number
  readonly data: Schema<Data>
  /**
   * How long the whole saga may take, in milliseconds. Before the pivot it is then compensated; after it, it is stuck.
   * @defaultValue none
   */
  readonly deadlineMs?: number
}

// ── The chain collects, `ends` checks and freezes ─────────────────────────────────────────────────────────────────────

/** Untyped on purpose: the types below say what may follow what, `check.ts` says it again at run time. */
function chain(so: Saga): object {
  const then = (...stage: SagaStep[]) => chain({ ...so, stages: [...so.stages, stage] })
  return {
    startsOn: (event: Event, start: Omit<StartEvent, 'event'>) => chain({ ...so, startsOn: { ...start, event } }),
    ...words(step => then(step)),
    parallel: (fill: (together: Group) => Group) => then(...fill(group([])).steps),
    ends: (ends: Saga['ends'] = {}) => checked({ ...so, ends }),
  }
}

interface Group {
  readonly steps: readonly SagaStep[]
}

function group(steps: readonly SagaStep[]): Group {
  return { steps, ...words(step => group([...steps, step])) }
}

function words(add: (step: SagaStep) => object): object {
  const word = (kind: SagaStep['kind']) => (name: string, command: Command, step: SagaStep) =>
    add({ ...step, name, command, kind })
  return {
    compensatable: word('compensatable'),
    pivot: word('pivot'),
    retriable: word('retriable'),
    bestEffort: word('best-effort'),
  }
}

// ── What is written in a step ─────────────────────────────────────────────────────────────────────────────────────────

export interface Step<Data, Replies, Payload> extends Timing {
  readonly payload: (data: Data, replies: Replies) => Payload
}

/** A step that may be left out. Its reply is possibly undefined for every later step. */
export interface ConditionalStep<Data, Replies, Payload, When> extends Step<Data, Replies, Payload> {
  readonly when?: When
}

export interface CompensatableStep<Data, Replies, Payload, When, RepliesAfter, Undo>
  extends ConditionalStep<Data, Replies, Payload, When> {
  /** How the step is made good, or the word that nothing is left to undo. */
  readonly compensation: Compensation<Data, RepliesAfter, Undo, Replies> | 'not needed'
}

export interface Compensation<Data, Replies, Undo, RepliesBefore> extends Timing {
  readonly command: Command<MessageType, Undo, any, any>
  readonly payload: (data: Data, replies: Replies, cause: Cause) => NoInfer<Undo>
  /**
   * The payload for a step that fell silent. Without it the engine first asks the participant whether the step ran,
   * and waits for the reply that the participant's outbox then holds; a participant that is not makegood cannot be asked.
   */
  readonly inDoubt?: (data: Data, replies: RepliesBefore, cause: Cause) => NoInfer<Undo>
}

export type Condition<Data, Replies> = (data: Data, replies: Replies) => boolean
/** What `when` is where none is written. */
export type Always<Data, Replies> = (data: Data, replies: Replies) => true

// ── What may follow what ──────────────────────────────────────────────────────────────────────────────────────────────

export interface NewSaga<Name extends string, Data> extends Undoable<Name, Data, {}, never> {
  /** Starts a saga for each such event; a key that has a saga already starts nothing. */
  startsOn<Payload>(
    event: Event<MessageType, Payload>,
    start: { readonly key: (event: Payload) => string; readonly data: (event: Payload) => Data },
  ): Undoable<Name, Data, {}, never>
}

/** Up to the pivot: everything done so far can be undone. */
export interface Undoable<Name extends string, Data, Replies, Causes> extends Ends<Name, Data, Replies, Causes> {
  /** A step that can be undone. */
  compensatable<
    const StepName extends string,
    Payload,
    Reply,
    Fails,
    Undo = never,
    When extends Condition<Data, Replies> = Always<Data, Replies>,
  >(
    name: FreeName<StepName, Replies>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: CompensatableStep<Data, Replies, NoInfer<Payload>, When, Replies & Record<StepName, Reply>, Undo>,
  ): Undoable<Name, Data, Replies & Record<StepName, Reply | Skipped<When>>, Causes | FailureCause<StepName, Fails>>

  /** The step that decides: once it has succeeded, the saga only goes forward. */
  pivot<const StepName extends string, Payload, Reply, Fails>(
    name: FreeName<StepName, Replies>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: Step<Data, Replies, NoInfer<Payload>>,
  ): PastThePivot<Name, Data, Replies & Record<StepName, Reply>, Causes | FailureCause<StepName, Fails>>

  /** A step that is repeated until it succeeds. Nothing before it is undone any more. */
  retriable<
    const StepName extends string,
    Payload,
    Reply,
    Fails,
    When extends Condition<Data, Replies> = Always<Data, Replies>,
  >(
    name: FreeName<StepName, Replies>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: ConditionalStep<Data, Replies, NoInfer<Payload>, When>,
  ): PastThePivot<Name, Data, Replies & Record<StepName, Reply | Skipped<When>>, Causes>

  /** A step whose failure is recorded and ignored. */
  bestEffort<
    const StepName extends string,
    Payload,
    Reply,
    Fails,
    When extends Condition<Data, Replies> = Always<Data, Replies>,
  >(
    name: FreeName<StepName, Replies>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: ConditionalStep<Data, Replies, NoInfer<Payload>, When>,
  ): Undoable<Name, Data, Replies & Record<StepName, Reply | undefined>, Causes>

  /** Steps that run at the same time. They do not see each other's replies; the steps after them see all. */
  parallel<Added, AddedCauses>(
    group: (together: UndoableGroup<Data, Replies, {}, never>) => UndoableGroup<Data, Replies, Added, AddedCauses>,
  ): Undoable<Name, Data, Replies & Added, Causes | AddedCauses>
}

/** After the pivot: every step is retried until it succeeds, or ignored. */
export interface PastThePivot<Name extends string, Data, Replies, Causes> extends Ends<Name, Data, Replies, Causes> {
  /** A step that is repeated until it succeeds. */
  retriable<
    const StepName extends string,
    Payload,
    Reply,
    Fails,
    When extends Condition<Data, Replies> = Always<Data, Replies>,
  >(
    name: FreeName<StepName, Replies>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: ConditionalStep<Data, Replies, NoInfer<Payload>, When>,
  ): PastThePivot<Name, Data, Replies & Record<StepName, Reply | Skipped<When>>, Causes>

  /** A step whose failure is recorded and ignored. */
  bestEffort<
    const StepName extends string,
    Payload,
    Reply,
    Fails,
    When extends Condition<Data, Replies> = Always<Data, Replies>,
  >(
    name: FreeName<StepName, Replies>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: ConditionalStep<Data, Replies, NoInfer<Payload>, When>,
  ): PastThePivot<Name, Data, Replies & Record<StepName, Reply | undefined>, Causes>

  /** Steps that run at the same time. */
  parallel<Added>(
    group: (together: RetriableGroup<Data, Replies, {}>) => RetriableGroup<Data, Replies, Added>,
  ): PastThePivot<Name, Data, Replies & Added, Causes>

  /** @deprecated Nothing is undone after the pivot: use `retriable` or `bestEffort`. */
  compensatable(
    rule: 'a compensatable step cannot come after the pivot; use retriable or bestEffort',
    ...step: AnyStep<Data>
  ): this
  /** @deprecated A saga has one pivot: use `retriable` or `bestEffort`. */
  pivot(rule: 'a saga has one pivot; use retriable or bestEffort', ...step: AnyStep<Data>): this
}

export interface Ends<Name extends string, Data, Replies, Causes> {
  /** Closes the definition, with the events to publish when the saga has ended. */
  ends<Completed = never, Compensated = never>(events?: {
    readonly completed?: {
      readonly event: Event<MessageType, Completed>
      readonly payload: (data: Data, replies: Replies) => NoInfer<Completed>
    }
    readonly compensated?: {
      readonly event: Event<MessageType, Compensated>
      readonly payload: (data: Data, cause: Causes | OperatorCause) => NoInfer<Compensated>
    }
  }): Saga<Name, Data, keyof Replies & string>
}

export interface UndoableGroup<Data, Before, Added, Causes> {
  compensatable<
    const StepName extends string,
    Payload,
    Reply,
    Fails,
    Undo = never,
    When extends Condition<Data, Before> = Always<Data, Before>,
  >(
    name: FreeName<StepName, Before & Added>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: CompensatableStep<Data, Before, NoInfer<Payload>, When, Before & Record<StepName, Reply>, Undo>,
  ): UndoableGroup<
    Data,
    Before,
    Added & Record<StepName, Reply | Skipped<When>>,
    Causes | FailureCause<StepName, Fails>
  >
  bestEffort<
    const StepName extends string,
    Payload,
    Reply,
    Fails,
    When extends Condition<Data, Before> = Always<Data, Before>,
  >(
    name: FreeName<StepName, Before & Added>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: ConditionalStep<Data, Before, NoInfer<Payload>, When>,
  ): UndoableGroup<Data, Before, Added & Record<StepName, Reply | undefined>, Causes>
}

export interface RetriableGroup<Data, Before, Added> {
  retriable<
    const StepName extends string,
    Payload,
    Reply,
    Fails,
    When extends Condition<Data, Before> = Always<Data, Before>,
  >(
    name: FreeName<StepName, Before & Added>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: ConditionalStep<Data, Before, NoInfer<Payload>, When>,
  ): RetriableGroup<Data, Before, Added & Record<StepName, Reply | Skipped<When>>>
  bestEffort<
    const StepName extends string,
    Payload,
    Reply,
    Fails,
    When extends Condition<Data, Before> = Always<Data, Before>,
  >(
    name: FreeName<StepName, Before & Added>,
    command: Command<MessageType, Payload, Reply, Fails>,
    step: ConditionalStep<Data, Before, NoInfer<Payload>, When>,
  ): RetriableGroup<Data, Before, Added & Record<StepName, Reply | undefined>>
}

// ── Causes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type { Cause }

/** Causes that no participant declares. */
export type EngineCause<Step extends string> =
  | Cause<Step, 'DEADLINE_PASSED', { readonly deadlineMs: number }>
  | Cause<Step, 'UNPROCESSABLE', { readonly error: string }>

export type OperatorCause = Cause<'operator', 'REQUESTED', { readonly by: string; readonly reason: string }>

// ── Small types ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A step without `when` always has its reply. */
type Skipped<When> = When extends (...args: never[]) => true ? never : undefined

type FreeName<Name extends string, Replies> = Name extends keyof Replies
  ? `this saga already has a step named ${Name}`
  : Name

type FailureCause<Step extends string, Fails> =
  | { [Code in keyof Fails & string]: Cause<Step, Code, Fails[Code]> }[keyof Fails & string]
  | EngineCause<Step>

/** What stands after the name in a step that a rule refuses: typed loosely, so that the rule is the only error. */
type AnyStep<Data> = [
  command: Command<MessageType, any, any, any>,
  step: {
    readonly when?: (data: Data, replies: any) => boolean
    readonly payload: (data: Data, replies: any) => unknown
    readonly compensation?:
      | 'not needed'
      | {
          readonly command: Command<MessageType, any, any, any>
          readonly payload: (data: Data, replies: any, cause: Cause) => unknown
        }
  } & Timing,
]
