import type { Definitions, SagaStatus } from 'makegood/operations/contract'
import { type Drawable, type Mark, type Marks, nodeIds } from './graph.ts'
import { isUndone } from './saga-graph.ts'

type Standing = Definitions['standing'][number]

/** How many sagas stand at which node; `hrefOf` says where those of one step are listed. */
export function marksOfStanding(
  definition: Drawable,
  standing: readonly Standing[],
  hrefOf: (step: string) => string,
): Marks {
  const undone = new Set(undoneStepsOf(definition))
  const at = new Map<string, { step: string; sagas: number; stuck: number }>()
  for (const { step, status, sagas } of standing) {
    const isOnItsWayBack = status === 'compensating' && undone.has(step)
    const id = isOnItsWayBack ? nodeIds.compensation(step) : nodeIds.step(step)
    const before = at.get(id) ?? { step, sagas: 0, stuck: 0 }
    at.set(id, { step, sagas: before.sagas + sagas, stuck: before.stuck + (status === 'stuck' ? sagas : 0) })
  }
  return new Map(
    [...at].map(([id, { step, sagas, stuck }]) => {
      const says =
        stuck === 0 ? sagasOf(sagas) : stuck === sagas ? `${stuck} stuck` : `${sagasOf(sagas)}, ${stuck} stuck`
      return [id, { tone: stuck > 0 ? 'stuck' : 'open', says, href: hrefOf(step) }]
    }),
  )
}

function undoneStepsOf(definition: Drawable): readonly string[] {
  return 'stages' in definition
    ? definition.stages
        .flat()
        .filter(isUndone)
        .map(({ name }) => name)
    : []
}

function sagasOf(count: number): string {
  return count === 1 ? '1 saga' : `${count} sagas`
}

/** What became of each step in one saga; `state` is that of `SagaInFull`. What is not understood is left out. */
export function marksOfState(state: unknown): Marks {
  const status = fieldOf(state, 'status')
  const progress = status === 'stuck' ? fieldOf(state, 'was') : state
  const trouble = fieldOf(state, 'trouble')
  const marks = new Map<string, Mark>()
  for (const [name, step] of Object.entries(asRecord(fieldOf(progress, 'steps')))) {
    const code = status === 'stuck' && fieldOf(trouble, 'step') === name ? codeOf(trouble) : undefined
    const back = backMark(fieldOf(step, 'back'))
    const forward = forwardMark(fieldOf(step, 'forward'))
    if (forward !== undefined) marks.set(nodeIds.step(name), back === undefined ? stuckIn(code, forward) : forward)
    if (back !== undefined) marks.set(nodeIds.compensation(name), stuckIn(code, back))
  }
  if (isEnd(status)) marks.set(nodeIds.end(status), { tone: status === 'completed' ? 'done' : 'undone', says: status })
  if (marks.size > 0) marks.set(nodeIds.start, { tone: 'done', says: 'started' })
  return marks
}

function forwardMark(forward: unknown): Mark | undefined {
  switch (fieldOf(forward, 'state')) {
    case 'open':
      return { tone: 'open', says: askedOf(forward) }
    case 'pausing':
      return { tone: 'open', says: `refused, ${attemptOf(forward)} is next` }
    case 'closing':
      return { tone: 'open', says: 'being closed' }
    case 'succeeded':
      return { tone: 'done', says: 'succeeded' }
    case 'failed':
      return { tone: 'failed', says: codeOf(forward) ?? 'failed' }
    case 'in doubt':
      return { tone: 'doubt', says: 'in doubt' }
    case 'skipped':
      return { tone: 'skipped', says: 'skipped' }
    default:
      return undefined
  }
}

function backMark(back: unknown): Mark | undefined {
  switch (fieldOf(back, 'state')) {
    case 'open':
      return { tone: 'open', says: askedOf(back) }
    case 'pausing':
      return { tone: 'open', says: `refused, ${attemptOf(back)} is next` }
    case 'closing':
      return { tone: 'open', says: 'asked whether it ran' }
    case 'done':
      return { tone: 'undone', says: 'undone' }
    default:
      return undefined
  }
}

/** What is said of the trouble is what matters then, and not what was asked last. */
function stuckIn(code: string | undefined, mark: Mark): Mark {
  return code === undefined ? mark : { tone: 'stuck', says: `stuck: ${code}` }
}

function askedOf(asking: unknown): string {
  const asked = fieldOf(fieldOf(asking, 'ask'), 'asked')
  return typeof asked === 'number' && asked > 1 ? `asked ${asked} times` : 'no answer yet'
}

function attemptOf(asking: unknown): string {
  const attempt = fieldOf(fieldOf(asking, 'ask'), 'attempt')
  return typeof attempt === 'number' ? `attempt ${attempt}` : 'another attempt'
}

function codeOf(told: unknown): string | undefined {
  const code = fieldOf(told, 'code')
  return typeof code === 'string' ? code : undefined
}

function isEnd(status: unknown): status is SagaStatus & ('completed' | 'compensated') {
  return status === 'completed' || status === 'compensated'
}

// The state comes as it was stored, with what the caller may not see masked: nothing of its shape is taken for granted.

function fieldOf(value: unknown, field: string): unknown {
  return asRecord(value)[field]
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
