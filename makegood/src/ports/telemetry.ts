import type { Headers } from '../model/message.ts'

/** Where measurements and traces go. Nothing is measured, and nothing is spent, without one. */
export interface Telemetry {
  count(name: CounterName, labels: Labels, by?: number): void
  /** Durations in seconds, sizes in pieces. */
  observe(name: HistogramName, labels: Labels, value: number): void
  /** Runs `work` inside a span that continues the trace in `parent`, and marks it as failed if `work` throws. */
  span<Result>(span: SpanOptions, work: () => Promise<Result>): Promise<Result>
  /** The trace of what runs now, to be sent along with the messages that it makes. Empty outside a span. */
  carrier(): Headers
}

export type CounterName =
  /** Labels: `type`, `outcome` (`handled`, `succeeded`, `failed`, `duplicate`, `ignored`). */
  | 'makegood_messages_total'
  /** Labels: `type`. */
  | 'makegood_messages_parked_total'
  /** Labels: `type`, `reason`. */
  | 'makegood_messages_dead_total'
  /** Labels: none. */
  | 'makegood_messages_published_total'
  /** Labels: none. */
  | 'makegood_messages_undeliverable_total'
  /** Labels: none. */
  | 'makegood_messages_unconfirmed_total'
  /** Labels: `definition`, `status` (`completed`, `compensated`, `stuck`, `abandoned`). */
  | 'makegood_sagas_ended_total'
  /** Labels: `reason` (`conflict`, `error`). */
  | 'makegood_batches_retried_total'
  /** Labels: `loop`. */
  | 'makegood_loop_failures_total'

export type HistogramName =
  /** Labels: `definition`, `status` (`completed`, `compensated`, `stuck`, `abandoned`). From start to end. */
  | 'makegood_saga_seconds'
  /** Labels: none. */
  | 'makegood_batch_size'
  /** Labels: none. The one transaction. */
  | 'makegood_batch_seconds'
  /** Labels: `type`. An outside call. */
  | 'makegood_call_seconds'

export interface Labels {
  readonly [name: string]: string
}

export interface SpanOptions {
  readonly name: string
  readonly parent: Headers
  readonly attributes: Labels
}

export const noTelemetry: Telemetry = {
  count: () => {},
  observe: () => {},
  span: (_span, work) => work(),
  carrier: () => ({}),
}
