import type { SagaInFull } from 'makegood/operations/contract'
import { type OpenStep, stepsOf } from './state.ts'
import { reactionIn } from './words.ts'

/** How long a step took, forward or back. Times are milliseconds since 1970. */
export interface Bar {
  readonly step: string
  readonly side: OpenStep['side']
  readonly from: number
  readonly to: number
  readonly tone: 'good' | 'bad' | 'back' | 'open'
}

type Told = Pick<SagaInFull, 'journal' | 'endedAt' | 'state'>

/** One for each step forward and one for each undone, from the first asking to the last answer, or until now. */
export function barsOf(saga: Told, now: number): readonly Bar[] {
  const until = saga.endedAt === null ? now : Date.parse(saga.endedAt)
  return [...barsOfSteps(saga, until), ...barsOfReactions(saga, until)]
}

function barsOfSteps({ journal }: Told, until: number): readonly Bar[] {
  const bars = new Map<string, Bar>()
  for (const { kind, step, at } of journal) {
    if (step === null) continue
    const begun = begins[kind]
    if (begun !== undefined) {
      const key = `${begun} ${step}`
      bars.set(key, { step, side: begun, from: bars.get(key)?.from ?? Date.parse(at), to: until, tone: 'open' })
    }
    const [side, tone] = ends[kind] ?? []
    const bar = bars.get(`${side} ${step}`)
    if (bar !== undefined && tone !== undefined) bars.set(`${side} ${step}`, { ...bar, to: Date.parse(at), tone })
  }
  return [...bars.values()]
}

const begins: { readonly [kind: string]: OpenStep['side'] } = {
  'step sent': 'forward',
  'compensation sent': 'compensation',
}

const ends: { readonly [kind: string]: readonly [OpenStep['side'], Bar['tone']] } = {
  'step succeeded': ['forward', 'good'],
  'step resolved': ['forward', 'good'],
  'step had succeeded': ['forward', 'good'],
  'step failed': ['forward', 'bad'],
  'step in doubt': ['forward', 'bad'],
  'step not known': ['forward', 'bad'],
  'step had not run': ['forward', 'bad'],
  'step skipped': ['forward', 'bad'],
  'step compensated': ['compensation', 'back'],
  'compensation skipped': ['compensation', 'back'],
  'compensation resolved': ['compensation', 'back'],
}

/** Of a choreography: from what a service was told to the first that it told. */
function barsOfReactions(saga: Told, until: number): readonly Bar[] {
  const toldAt = new Map(
    saga.journal
      .toReversed()
      .flatMap(({ kind, step, at }) => (kind === 'event' && step !== null ? [[step, Date.parse(at)] as const] : [])),
  )
  return Object.entries(stepsOf(saga)).flatMap(([step, { forward }]): readonly Bar[] => {
    const from = toldAt.get(reactionIn(step)?.event ?? '')
    if (from === undefined) return []
    const bar = { step, side: 'forward', from } as const
    if (forward.state !== 'succeeded') return [{ ...bar, to: until, tone: 'open' }]
    const { events = [] } = (forward.reply ?? {}) as { readonly events?: readonly string[] }
    const answered = events.flatMap(event => toldAt.get(event) ?? [])
    return [{ ...bar, to: Math.max(from, Math.min(...answered, until)), tone: 'good' }]
  })
}
