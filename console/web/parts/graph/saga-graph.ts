import type { SagaDefinitionView, StepView } from 'makegood/operations/contract'
import { type Direction, type Graph, type GraphEdge, type GraphNode, type GraphNodeKind, nodeIds } from './graph.ts'
import { cornerOf } from './place.ts'

/**
 * A saga's way forward in one lane, stage after stage, and its way back in a second one below: what undoes a stage
 * stands under the stage whose refusal sets it going, and leads on to what undoes the stage before.
 */
export function sagaGraph(definition: SagaDefinitionView, direction: Direction = 'right'): Graph {
  const turnsBack = canTurnBack(definition)
  return {
    nodes: [...nodesForward(definition, direction), ...(turnsBack ? nodesBack(definition, direction) : [])],
    edges: [...wayForward(definition), ...(turnsBack ? wayBack(definition) : [])],
  }
}

// ── Nodes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function nodesForward({ stages, startsOn, ends }: SagaDefinitionView, direction: Direction): GraphNode[] {
  const rows = rowsForward(stages)
  const alone = (rows - 1) / 2
  return [
    placed(nodeIds.start, { kind: 'start', event: startsOn }, cornerOf(0, alone, direction)),
    ...stages.flatMap((stage, at) =>
      stage.map((step, beside) => {
        const row = beside + (rows - stage.length) / 2
        return placed(nodeIds.step(step.name), { kind: 'step', step }, cornerOf(at + 1, row, direction))
      }),
    ),
    placed(
      nodeIds.end('completed'),
      { kind: 'end', status: 'completed', event: ends.completed },
      cornerOf(stages.length + 1, alone, direction),
    ),
  ]
}

function nodesBack({ stages, ends }: SagaDefinitionView, direction: Direction): GraphNode[] {
  const below = rowsForward(stages)
  return [
    placed(
      nodeIds.end('compensated'),
      { kind: 'end', status: 'compensated', event: ends.compensated },
      cornerOf(1, below, direction),
    ),
    ...stages.flatMap((stage, at) =>
      stage.filter(isUndone).map(({ name, compensation }, beside) => {
        const node = { kind: 'compensation', step: name, ...compensation } as const
        return placed(nodeIds.compensation(name), node, cornerOf(at + 2, below + beside, direction))
      }),
    ),
  ]
}

function placed(id: string, node: GraphNodeKind, corner: { readonly x: number; readonly y: number }): GraphNode {
  return { ...node, ...corner, id }
}

function rowsForward(stages: SagaDefinitionView['stages']): number {
  return Math.max(1, ...stages.map(stage => stage.length))
}

// ── Edges ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function wayForward({ stages }: SagaDefinitionView): GraphEdge[] {
  const stops = [[nodeIds.start], ...stages.map(stage => stage.map(idOf)), [nodeIds.end('completed')]]
  return stops.slice(1).flatMap((stop, at) => between(stops[at]!, stop, 'forward'))
}

function wayBack({ stages }: SagaDefinitionView): GraphEdge[] {
  const undoing = stages.map(stage => stage.filter(isUndone).map(compensationOf))
  /** What is undone next when everything from this stage on is. */
  const before = (stage: number) =>
    undoing.slice(0, stage).findLast(ids => ids.length > 0) ?? [nodeIds.end('compensated')]
  const ways = [
    ...stages.flatMap((stage, at) =>
      stage.filter(canRefuse).flatMap(step => {
        const beside = stage.filter(other => other !== step && isUndone(other)).map(compensationOf)
        return between([idOf(step)], beside.length > 0 ? beside : before(at), 'refused')
      }),
    ),
    ...undoing.flatMap((ids, at) => between(ids, before(at), 'back')),
    ...(stages.flat().some(isFinal) ? [] : between([nodeIds.end('completed')], before(stages.length), 'asked')),
  ]
  const led = new Set(ways.map(({ to }) => to))
  // What no refusal leads to is undone if its own step stays silent, or if somebody asks in time.
  const alone = stages.flat().filter(step => isUndone(step) && !led.has(compensationOf(step)))
  return [...ways, ...alone.flatMap(step => between([idOf(step)], [compensationOf(step)], 'asked'))]
}

function between(from: readonly string[], to: readonly string[], way: GraphEdge['way']): GraphEdge[] {
  return from.flatMap(one => to.map(other => ({ from: one, to: other, way })))
}

const idOf = ({ name }: StepView) => nodeIds.step(name)
const compensationOf = ({ name }: StepView) => nodeIds.compensation(name)

// ── What a step's kind means for the way back ───────────────────────────────────────────────────────────────────────

function canTurnBack({ stages }: SagaDefinitionView): boolean {
  return stages.flat().some(canRefuse)
}

/** A refusal of the others is asked again, or heeded no further. */
function canRefuse({ kind }: StepView): boolean {
  return kind === 'compensatable' || kind === 'pivot'
}

/** Once such a step has taken effect, there is no way back. */
function isFinal({ kind }: StepView): boolean {
  return kind === 'pivot' || kind === 'retriable'
}

type UndoneStep = Omit<StepView, 'compensation'> & {
  readonly compensation: Exclude<StepView['compensation'], string | null>
}

export function isUndone(step: StepView): step is UndoneStep {
  return step.compensation !== null && step.compensation !== 'not needed'
}
