import dagre from '@dagrejs/dagre'
import { type Direction, nodeSize } from './graph.ts'

const gap = { along: 28, across: 34 } as const

export interface Corner {
  readonly x: number
  readonly y: number
}

/** The upper left corner of a cell; columns go along the way, rows across it. */
export function cornerOf(column: number, row: number, direction: Direction): Corner {
  const { width, height } = nodeSize
  return direction === 'right'
    ? { x: column * (width + gap.along), y: row * (height + gap.across) }
    : { x: row * (width + gap.across), y: column * (height + gap.along) }
}

/** Corners for a graph whose ways branch and meet again, by node: so that few of them cross. */
export function layered(
  nodes: readonly string[],
  edges: readonly { readonly from: string; readonly to: string }[],
  direction: Direction,
): ReadonlyMap<string, Corner> {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: direction === 'right' ? 'LR' : 'TB', ranksep: gap.along, nodesep: gap.across })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const id of nodes) graph.setNode(id, { ...nodeSize })
  for (const { from, to } of edges) graph.setEdge(from, to)
  dagre.layout(graph)
  return new Map(
    nodes.map(id => {
      const { x, y } = graph.node(id) as Corner
      return [id, { x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 }]
    }),
  )
}
