import type { ChoreographyView } from 'makegood/operations/contract'
import { type Direction, type Graph, type GraphEdge, type GraphNodeKind, nodeIds } from './graph.ts'
import { layered } from './place.ts'

/** A choreography's events, and between them the reactions of services that lead from one to the next. */
export function choreographyGraph(choreography: ChoreographyView, direction: Direction = 'right'): Graph {
  const nodes: readonly (GraphNodeKind & { readonly id: string })[] = [
    ...eventsOf(choreography).map(type => ({
      id: nodeIds.step(type),
      kind: 'event' as const,
      type,
      starts: type === choreography.starts,
      ends: endOf(choreography, type),
    })),
    ...choreography.leads.map(({ from: event, in: service, deadlineMs }) => ({
      id: nodeIds.step(reactionName(event, service)),
      kind: 'reaction' as const,
      service,
      event,
      deadlineMs,
    })),
  ]
  const edges = waysOf(choreography)
  const corners = layered(
    nodes.map(({ id }) => id),
    edges,
    direction,
  )
  return { nodes: nodes.map(node => ({ ...node, ...corners.get(node.id)! })), edges }
}

/** As the services name it among the steps of an instance that they follow. */
function reactionName(event: string, service: string): string {
  return `${event} in ${service}`
}

function eventsOf({ starts, leads }: ChoreographyView): readonly string[] {
  return [...new Set([starts, ...leads.flatMap(({ from, to }) => [from, ...to])])]
}

function endOf({ ends }: ChoreographyView, type: string): 'completed' | 'compensated' | null {
  if (ends.completed.includes(type)) return 'completed'
  return ends.compensated.includes(type) ? 'compensated' : null
}

/** What can no more end completed is the way back. */
function waysOf(choreography: ChoreographyView): readonly GraphEdge[] {
  const onward = whatReaches(choreography, choreography.ends.completed)
  const way = (type: string): GraphEdge['way'] => (onward.has(type) ? 'forward' : 'back')
  return choreography.leads.flatMap(({ from, in: service, to }) => {
    const reaction = nodeIds.step(reactionName(from, service))
    return [
      { from: nodeIds.step(from), to: reaction, way: way(from) },
      ...to.map(type => ({ from: reaction, to: nodeIds.step(type), way: way(type) })),
    ]
  })
}

function whatReaches({ leads }: ChoreographyView, ends: readonly string[]): ReadonlySet<string> {
  const reached = new Set(ends)
  for (let before = -1; before < reached.size; ) {
    before = reached.size
    for (const { from, to } of leads) if (to.some(type => reached.has(type))) reached.add(from)
  }
  return reached
}
