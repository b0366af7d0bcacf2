import type { ChoreographyView, SagaDefinitionView, StepView } from 'makegood/operations/contract'
import { describe, expect, test } from 'vitest'
import { choreographyGraph } from '../../web/parts/graph/choreography-graph.ts'
import { type Direction, type Graph, type GraphEdge, nodeIds, nodeSize } from '../../web/parts/graph/graph.ts'
import { marksOfStanding, marksOfState } from '../../web/parts/graph/marks.ts'
import { sagaGraph } from '../../web/parts/graph/saga-graph.ts'

describe("a saga's graph", () => {
  test('goes from the start through its stages to its end', () => {
    expect(ways(sagaGraph(checkout), 'forward')).toEqual([
      'start > step payment',
      'step payment > step inventory',
      'step inventory > step shipping',
      'step shipping > step notification',
      'step notification > end completed',
    ])
  })

  test('leads from a refusal to what undoes the stage before, and from there back to the start', () => {
    const graph = sagaGraph(checkout)
    expect(ways(graph, 'refused')).toEqual([
      'step payment > end compensated',
      'step inventory > compensation payment',
      'step shipping > compensation inventory',
    ])
    expect(ways(graph, 'back')).toEqual([
      'compensation payment > end compensated',
      'compensation inventory > compensation payment',
      'compensation shipping > compensation inventory',
    ])
  })

  test('leads back from its end only on demand, and only if no step is past returning', () => {
    expect(ways(sagaGraph(checkout), 'asked')).toEqual(['end completed > compensation shipping'])
    expect(ways(sagaGraph({ ...checkout, stages: [...checkout.stages, [step('ship', 'pivot')]] }), 'asked')).toEqual([])
  })

  test('leads to what no refusal undoes from its own step, which may stay silent', () => {
    const graph = sagaGraph({ ...checkout, stages: [[payment], [step('bill', 'retriable')]] })
    expect(ways(graph, 'asked')).toEqual(['step payment > compensation payment'])
  })

  test('passes over what needs no undoing', () => {
    const quote = step('quote', 'compensatable', 'not needed')
    const graph = sagaGraph({ ...checkout, stages: [[payment], [quote], [step('ship', 'pivot')]] })
    expect(idsOf(graph)).not.toContain(nodeIds.compensation('quote'))
    expect(ways(graph, 'refused')).toContain('step ship > compensation payment')
  })

  test('undoes what stood beside a step that was refused', () => {
    const graph = sagaGraph({ ...checkout, stages: [[payment], [inventory, shipping]] })
    expect(ways(graph, 'refused')).toEqual([
      'step payment > end compensated',
      'step inventory > compensation shipping',
      'step shipping > compensation inventory',
    ])
    expect(ways(graph, 'back')).toEqual([
      'compensation payment > end compensated',
      'compensation inventory > compensation payment',
      'compensation shipping > compensation payment',
    ])
  })

  test('has no way back where nothing can be refused', () => {
    const graph = sagaGraph({ ...checkout, stages: [[step('bill', 'retriable')], [step('tell', 'best-effort')]] })
    expect(idsOf(graph)).toEqual(['start', 'step bill', 'step tell', 'end completed'])
    expect(graph.edges.every(({ way }) => way === 'forward')).toBe(true)
  })

  test.each<Direction>(['right', 'down'])('drawn %s, no two nodes cover each other', direction => {
    const stages = [[payment], [inventory, shipping, step('quote', 'compensatable', 'not needed')], [notification]]
    expect(overlapping(sagaGraph({ ...checkout, stages }, direction))).toEqual([])
  })
})

describe("a choreography's graph", () => {
  test('leads from event to reaction to event, and marks the way that cannot end completed', () => {
    const graph = choreographyGraph(ordering)
    expect(ways(graph, 'forward')).toEqual([
      'step placed > step placed in stock',
      'step placed in stock > step reserved',
      'step reserved > step reserved in orders',
      'step reserved in orders > step confirmed',
    ])
    expect(ways(graph, 'back')).toEqual(['step placed in stock > step refused'])
    expect(graph.nodes.flatMap(node => (node.kind === 'event' ? [[node.type, node.starts, node.ends]] : []))).toEqual([
      ['placed', true, null],
      ['reserved', false, null],
      ['refused', false, 'compensated'],
      ['confirmed', false, 'completed'],
    ])
  })

  test.each<Direction>(['right', 'down'])(
    'drawn %s, no two nodes cover each other, though it goes round',
    direction => {
      const round = { from: 'reserved', in: 'stock', to: ['placed'], deadlineMs: 1 }
      const graph = choreographyGraph({ ...ordering, leads: [...ordering.leads, round] }, direction)
      expect(overlapping(graph)).toEqual([])
      expect(graph.nodes.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true)
    },
  )
})

describe('marks', () => {
  test('count the sagas that stand at a step, apart from those that are on their way back', () => {
    const standing = (status: 'running' | 'compensating' | 'stuck', name: string, sagas: number) => ({
      definition: 'checkout',
      version: 1,
      step: name,
      status,
      sagas,
    })
    const marks = marksOfStanding(
      checkout,
      [
        standing('running', 'payment', 3),
        standing('stuck', 'payment', 1),
        standing('compensating', 'payment', 1),
        standing('compensating', 'notification', 2),
      ],
      name => `/sagas?step=${name}`,
    )
    expect([...marks]).toEqual([
      ['step payment', { tone: 'stuck', says: '4 sagas, 1 stuck', href: '/sagas?step=payment' }],
      ['compensation payment', { tone: 'open', says: '1 saga', href: '/sagas?step=payment' }],
      ['step notification', { tone: 'open', says: '2 sagas', href: '/sagas?step=notification' }],
    ])
  })

  test('show how far a saga has come, and where it is stuck', () => {
    const ask = { attempt: 1, asked: 3, firstSentAt: 0, wakeAt: 1 }
    const steps = {
      payment: { forward: { state: 'succeeded', reply: {} }, back: { state: 'open', ask } },
      inventory: { forward: { state: 'failed', code: 'INSUFFICIENT_STOCK', details: null } },
    }
    const stuck = {
      status: 'stuck',
      was: { status: 'compensating', steps },
      trouble: { code: 'SILENT', step: 'payment' },
    }
    expect(saysOf(stuck)).toEqual({
      start: 'done: started',
      'step payment': 'done: succeeded',
      'compensation payment': 'stuck: stuck: SILENT',
      'step inventory': 'failed: INSUFFICIENT_STOCK',
    })
    const undone = { payment: { forward: { state: 'succeeded', reply: {} }, back: { state: 'done' } } }
    expect(saysOf({ status: 'compensated', steps: undone })).toMatchObject({
      'compensation payment': 'undone: undone',
      'end compensated': 'undone: compensated',
    })
  })

  test.each([[null], ['•••'], [{ status: 'stuck' }], [{ status: 'running', steps: { a: '•••', b: { forward: 7 } } }]])(
    'leave out what is not understood: %j',
    state => {
      expect(saysOf(state)).toEqual({})
    },
  )
})

const payment = step('payment', 'compensatable', { command: 'payment.refund', deadlineMs: 60_000 })
const inventory = step('inventory', 'compensatable', { command: 'inventory.release', deadlineMs: 60_000 })
const shipping = step('shipping', 'compensatable', { command: 'shipping.cancel', deadlineMs: 60_000 })
const notification = step('notification', 'best-effort')

const checkout: SagaDefinitionView = {
  name: 'checkout',
  version: 1,
  deadlineMs: null,
  startsOn: 'order.created',
  stages: [[payment], [inventory], [shipping], [notification]],
  ends: { completed: 'order.completed', compensated: 'order.cancelled' },
  inFlight: 0,
}

const ordering: ChoreographyView = {
  name: 'ordering',
  deadlineMs: null,
  starts: 'placed',
  leads: [
    { from: 'placed', in: 'stock', to: ['reserved', 'refused'], deadlineMs: 60_000 },
    { from: 'reserved', in: 'orders', to: ['confirmed'], deadlineMs: 60_000 },
  ],
  ends: { completed: ['confirmed'], compensated: ['refused'] },
}

function step(name: string, kind: StepView['kind'], compensation: StepView['compensation'] = null): StepView {
  return { name, kind, command: `${name}.do`, failures: [], conditional: false, deadlineMs: 60_000, compensation }
}

function ways({ edges }: Graph, way: GraphEdge['way']): readonly string[] {
  return edges.filter(edge => edge.way === way).map(({ from, to }) => `${from} > ${to}`)
}

function idsOf({ nodes }: Graph): readonly string[] {
  return nodes.map(({ id }) => id)
}

function overlapping({ nodes }: Graph): readonly string[] {
  const { width, height } = nodeSize
  return nodes.flatMap((one, at) =>
    nodes
      .slice(at + 1)
      .filter(other => Math.abs(one.x - other.x) < width && Math.abs(one.y - other.y) < height)
      .map(other => `${one.id} covers ${other.id}`),
  )
}

function saysOf(state: unknown): Record<string, string> {
  return Object.fromEntries([...marksOfState(state)].map(([id, { tone, says }]) => [id, `${tone}: ${says}`]))
}
