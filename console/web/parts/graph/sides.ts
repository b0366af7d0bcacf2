import { nodeSize } from './graph.ts'
import type { Corner } from './place.ts'

export type Side = 'left' | 'right' | 'top' | 'bottom'

/** Where an edge leaves one node and enters another, so that it goes straight to it. */
export function sidesOf(from: Corner, to: Corner): readonly [leaves: Side, enters: Side] {
  if (to.x >= from.x + nodeSize.width) return ['right', 'left']
  if (from.x >= to.x + nodeSize.width) return ['left', 'right']
  return to.y >= from.y ? ['bottom', 'top'] : ['top', 'bottom']
}
