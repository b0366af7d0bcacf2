import type { ChoreographyView, SagaDefinitionView, SagaStatus, StepView } from 'makegood/operations/contract'

/** What can be drawn as a graph. */
export type Drawable = SagaDefinitionView | ChoreographyView

/** A definition as it is drawn: what stands where, and what leads to what. Lengths are pixels. */
export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

export type GraphNode = GraphNodeKind & {
  /** As made by `nodeIds`: marks are laid over nodes by it. */
  readonly id: string
  /** Its upper left corner. */
  readonly x: number
  readonly y: number
}

export type GraphNodeKind =
  /** What a saga starts on; null if it is started by a call. */
  | { readonly kind: 'start'; readonly event: string | null }
  | { readonly kind: 'step'; readonly step: StepView }
  | { readonly kind: 'compensation'; readonly step: string; readonly command: string; readonly deadlineMs: number }
  | {
      readonly kind: 'event'
      readonly type: string
      readonly starts: boolean
      readonly ends: 'completed' | 'compensated' | null
    }
  /** What a service does when it is told of the event. */
  | { readonly kind: 'reaction'; readonly service: string; readonly event: string; readonly deadlineMs: number }
  | { readonly kind: 'end'; readonly status: 'completed' | 'compensated'; readonly event: string | null }

export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** The way forward; from a refusal to what it undoes; the way back; and the one that only silence or a person opens. */
  readonly way: 'forward' | 'refused' | 'back' | 'asked'
}

/** Where the way forward leads: to the right on a desk, downwards on a phone. */
export type Direction = 'right' | 'down'

export const nodeSize = { width: 144, height: 78 } as const

/** Nodes by what they stand for. The events and reactions of a choreography are its steps. */
export const nodeIds = {
  start: 'start',
  step: (name: string): string => `step ${name}`,
  compensation: (step: string): string => `compensation ${step}`,
  end: (status: SagaStatus): string => `end ${status}`,
} as const

/** What is laid over a node: how many sagas stand there, or what became of it in one saga. */
export interface Mark {
  readonly tone: 'open' | 'done' | 'failed' | 'doubt' | 'skipped' | 'undone' | 'stuck'
  /** A few words, such as `asked 3 times` or `12 sagas, 1 stuck`. */
  readonly says: string
  /** Where a click on the node leads. */
  readonly href?: string
}

/** By the ids of nodes. */
export type Marks = ReadonlyMap<string, Mark>
