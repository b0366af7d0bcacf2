import { useElementSize } from '@mantine/hooks'
import { type Edge, Handle, MarkerType, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { type ReactNode, useMemo } from 'react'
import { Link } from 'wouter'
import { lasting } from '../when.tsx'
import { choreographyGraph } from './choreography-graph.ts'
import './graph.css'
import {
  type Direction,
  type Drawable,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type Mark,
  type Marks,
  nodeSize,
} from './graph.ts'
import { sagaGraph } from './saga-graph.ts'
import { type Side, sidesOf } from './sides.ts'

export interface DefinitionGraphProps {
  readonly definition: Drawable
  /** How many sagas stand where (`marksOfStanding`), or what became of each step in one of them (`marksOfState`). */
  readonly marks?: Marks
}

/** A definition drawn, with what is known of its steps. It is never scaled: what does not fit is scrolled to. */
export function DefinitionGraph({ definition, marks = new Map() }: DefinitionGraphProps) {
  const { ref, width: available } = useElementSize()
  const graph = useMemo(() => graphThatFits(definition, available), [definition, available])
  const { width, height } = sizeOf(graph)
  const nodes = graph.nodes.map(node => flowNode(node, marks.get(node.id)))
  const edges = useMemo(() => flowEdges(graph), [graph])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is scrolled must be reached by the keyboard.
    <section ref={ref} className="graph-frame" aria-label={`The way of ${definition.name}`} tabIndex={0}>
      {available > 0 && (
        <div className="graph-canvas" style={{ width, height }}>
          <ReactFlow
            nodes={nodes}
            edges={edges}
            nodeTypes={nodeTypes}
            defaultViewport={{ x: margin, y: margin, zoom: 1 }}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            panOnDrag={false}
            zoomOnScroll={false}
            zoomOnPinch={false}
            zoomOnDoubleClick={false}
            preventScrolling={false}
            disableKeyboardA11y
            proOptions={{ hideAttribution: true }}
          />
        </div>
      )}
      <Legend of={graph} />
    </section>
  )
}

/** What the arrows mean, of those that are there. */
function Legend({ of: { edges } }: { readonly of: Graph }): ReactNode {
  const there = ways.filter(way => edges.some(edge => edge.way === way))
  return (
    <ul className="graph-legend">
      {there.map(way => (
        <li key={way} className={`graph-way-${way}`}>
          {meanings[way]}
        </li>
      ))}
    </ul>
  )
}

const ways: readonly GraphEdge['way'][] = ['forward', 'refused', 'back', 'asked']

const meanings: { readonly [Way in GraphEdge['way']]: string } = {
  forward: 'the way forward',
  refused: 'if it is refused',
  back: 'the way back',
  asked: 'if it stays silent, or somebody asks',
}

const margin = 8

/** To the right, if there is room for it. */
function graphThatFits(definition: Drawable, available: number): Graph {
  const right = graphOf(definition, 'right')
  if (sizeOf(right).width <= available) return right
  const down = graphOf(definition, 'down')
  return sizeOf(down).width <= available ? down : right
}

function graphOf(definition: Drawable, direction: Direction): Graph {
  return 'stages' in definition ? sagaGraph(definition, direction) : choreographyGraph(definition, direction)
}

function sizeOf({ nodes }: Graph): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(...nodes.map(({ x }) => x)) + nodeSize.width + 2 * margin,
    height: Math.max(...nodes.map(({ y }) => y)) + nodeSize.height + 2 * margin,
  }
}

// ── Nodes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

type FlowNode = Node<{ readonly node: GraphNode; readonly mark: Mark | undefined }, 'part'>

function flowNode(node: GraphNode, mark: Mark | undefined): FlowNode {
  const { id, x, y } = node
  return { id, type: 'part', position: { x, y }, ...nodeSize, data: { node, mark } }
}

const nodeTypes = { part: Part }

function Part({ data: { node, mark } }: NodeProps<FlowNode>) {
  const { title, says, detail } = textOf(node)
  const content = (
    <>
      <strong className="graph-title">{title}</strong>
      <span className="graph-says">{says}</span>
      {mark === undefined ? (
        <span className="graph-says">{detail}</span>
      ) : (
        <span className="graph-mark">{mark.says}</span>
      )}
    </>
  )
  const look = { className: 'graph-node', title: [title, says, detail].join('\n'), 'data-kind': lookOf(node) }
  return (
    <>
      {sides.map(side => (
        <Handles key={side} side={side} />
      ))}
      {mark?.href === undefined ? (
        <div {...look} data-tone={mark?.tone}>
          {content}
        </div>
      ) : (
        <Link {...look} data-tone={mark.tone} href={mark.href}>
          {content}
        </Link>
      )}
    </>
  )
}

function lookOf(node: GraphNode): string {
  return node.kind === 'event' && node.ends !== null ? 'end' : node.kind
}

interface NodeText {
  readonly title: string
  readonly says: string
  /** Gives way to a mark. */
  readonly detail: string
}

function textOf(node: GraphNode): NodeText {
  switch (node.kind) {
    case 'start':
      return { title: 'start', says: node.event ?? 'by a call', detail: '' }
    case 'step': {
      const { name, kind, conditional, command, deadlineMs } = node.step
      return {
        title: name,
        says: command,
        detail: `${kind}${conditional ? ', if needed' : ''}, ${lasting(deadlineMs)}`,
      }
    }
    case 'compensation':
      return { title: `undo ${node.step}`, says: node.command, detail: `compensation, ${lasting(node.deadlineMs)}` }
    case 'event':
      return { title: node.type, says: 'event', detail: node.starts ? 'starts it' : (node.ends ?? '') }
    case 'reaction':
      return { title: node.service, says: 'reacts', detail: `within ${lasting(node.deadlineMs)}` }
    case 'end':
      return { title: node.status, says: node.event ?? 'tells nobody', detail: '' }
  }
}

// ── Edges ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function flowEdges({ nodes, edges }: Graph): Edge[] {
  const byId = new Map(nodes.map(node => [node.id, node]))
  return edges.map(({ from, to, way }) => {
    const [sourceHandle, targetHandle] = sidesOf(byId.get(from)!, byId.get(to)!)
    return {
      id: `${from} > ${to}`,
      source: from,
      target: to,
      sourceHandle: `from ${sourceHandle}`,
      targetHandle: `to ${targetHandle}`,
      type: 'smoothstep',
      // Less than half of what is between nodes.
      pathOptions: { offset: 10, borderRadius: 8 },
      className: `graph-way graph-way-${way}`,
      markerEnd: { type: MarkerType.ArrowClosed, color: `var(--way-${way})` },
    }
  })
}

const sides: readonly Side[] = ['left', 'right', 'top', 'bottom']

/** What edges are tied to; nobody sees them. */
function Handles({ side }: { readonly side: Side }) {
  const position = positions[side]
  return (
    <>
      <Handle type="source" id={`from ${side}`} position={position} className="graph-handle" isConnectable={false} />
      <Handle type="target" id={`to ${side}`} position={position} className="graph-handle" isConnectable={false} />
    </>
  )
}

const positions = { left: Position.Left, right: Position.Right, top: Position.Top, bottom: Position.Bottom } as const
