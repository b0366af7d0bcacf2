/** What an exploration walks: states as short texts, and everything that can happen in one. */
export interface Space<State> {
  readonly start: State
  readonly keyOf: (state: State) => string
  readonly movesFrom: (state: State) => readonly Move<State>[]
  /** What must not be true of any state. */
  readonly wrongIn: (state: State) => string | undefined
  /** What must not be true where nothing happens any more without a person or a disaster. */
  readonly wrongAtRest: (state: State) => string | undefined
  /** Ended, or calling for a person: what every state must be able to reach by itself. */
  readonly isSettled: (state: State) => boolean
  /** Ended: what every state must be able to reach with the help of a person. */
  readonly isOver: (state: State) => boolean
}

export interface Move<State> {
  readonly says: string
  readonly to: State
  /** `person` and `disaster` are not to be counted on: a saga must not wait for them. */
  readonly by: 'itself' | 'person' | 'disaster'
}

export interface Explored {
  readonly states: number
  readonly atRest: number
  readonly violation: Violation | undefined
}

export interface Violation {
  readonly says: string
  /** A shortest way to it. */
  readonly trace: readonly string[]
}

/**
 * Walks every state that can be reached, breadth first, so that the first violation found has a shortest trace. At the
 * end it walks back, from the settled states and from the ends: what neither reaches would wait for ever.
 */
export function explore<State>(space: Space<State>, statesMax: number = 2_000_000): Explored {
  const states: State[] = [space.start]
  const indexes = new Map<string, number>([[space.keyOf(space.start), 0]])
  const cameFrom: number[] = [-1]
  const cameBy: string[] = ['']
  const edges: Edge[] = []
  let atRest = 0
  const found = (index: number, says: string): Explored => ({
    states: states.length,
    atRest,
    violation: { says, trace: traceTo(index, cameFrom, cameBy) },
  })

  for (let index = 0; index < states.length; index += 1) {
    const state = states[index] as State
    const wrong = space.wrongIn(state)
    if (wrong !== undefined) return found(index, wrong)
    let rests = true
    for (const move of space.movesFrom(state)) {
      const key = space.keyOf(move.to)
      let to = indexes.get(key)
      if (to === undefined) {
        to = states.length
        indexes.set(key, to)
        states.push(move.to)
        cameFrom.push(index)
        cameBy.push(move.says)
      }
      if (to === index) continue
      edges.push({ from: index, to, byItself: move.by === 'itself' })
      if (move.by === 'itself') rests = false
    }
    if (rests) {
      atRest += 1
      const wrongAtRest = space.wrongAtRest(state)
      if (wrongAtRest !== undefined) return found(index, wrongAtRest)
    }
    if (states.length > statesMax) throw new Error(`More than ${statesMax} states: make the scenario smaller.`)
  }

  const settled = states.map(space.isSettled)
  const alone = reaching(
    settled,
    edges.filter(({ byItself }) => byItself),
  )
  if (alone !== undefined) return found(alone, 'it waits for ever: nothing will wake it')
  const helped = reaching(states.map(space.isOver), edges)
  if (helped !== undefined) return found(helped, 'it is stuck, and nobody can set it going again')
  return { states: states.length, atRest, violation: undefined }
}

interface Edge {
  readonly from: number
  readonly to: number
  readonly byItself: boolean
}

/** The first state from which none of the goals can be reached. */
function reaching(goals: readonly boolean[], edges: readonly Edge[]): number | undefined {
  const starts = new Int32Array(goals.length + 1)
  for (const { to } of edges) starts[to + 1]! += 1
  for (let at = 0; at < goals.length; at += 1) starts[at + 1]! += starts[at]!
  const sources = new Int32Array(edges.length)
  const next = starts.slice()
  for (const { from, to } of edges) sources[next[to]!++] = from

  const reaches = [...goals]
  const open = goals.flatMap((isGoal, at) => (isGoal ? [at] : []))
  for (let to = open.pop(); to !== undefined; to = open.pop()) {
    for (let at = starts[to]!; at < starts[to + 1]!; at += 1) {
      const from = sources[at]!
      if (reaches[from]) continue
      reaches[from] = true
      open.push(from)
    }
  }
  const lost = reaches.indexOf(false)
  return lost === -1 ? undefined : lost
}

function traceTo(index: number, cameFrom: readonly number[], cameBy: readonly string[]): readonly string[] {
  const trace: string[] = []
  for (let at = index; at > 0; at = cameFrom[at]!) trace.push(cameBy[at]!)
  return trace.toReversed()
}
