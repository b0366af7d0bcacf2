import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { decide, notStarted, wakeAtOf } from '../../src/engine/decide.ts'
import type { CommandToSend, Decision } from '../../src/engine/decision.ts'
import { type Command, command, event, type Saga, saga } from '../../src/makegood.ts'
import { type Input, progressOf, type SagaState } from '../../src/model/saga-state.ts'

/** A saga on its way: what was sent so far, and everything that `decide` promises checked with every input. */
export class Walk {
  readonly definition: Saga
  readonly canClose: boolean
  readonly sent: readonly CommandToSend[]
  readonly state: SagaState
  readonly now: number
  readonly published: readonly string[]

  constructor(
    definition: Saga,
    canClose: boolean,
    so: Pick<Walk, 'state' | 'now' | 'sent' | 'published'> = {
      state: notStarted(definition, beginning),
      now: beginning,
      sent: [],
      published: [],
    },
  ) {
    this.definition = definition
    this.canClose = canClose
    this.state = so.state
    this.now = so.now
    this.sent = so.sent
    this.published = so.published
  }

  /** The walk after one more input. Throws if a promise is broken. */
  after(input: Input, now: number = this.now): Walk {
    const asked = [{ definition: this.definition, data: null }, deepFrozen(this.state), input] as const
    const decision = decide(...asked, { now, canClose: this.canClose })
    const again = decide(...asked, { now, canClose: this.canClose })
    promise('the same question has the same answer', isDeepStrictEqual(decision, again))
    checkDecision(this, input, decision, now)
    return new Walk(this.definition, this.canClose, {
      state: decision.state,
      now,
      sent: [...this.sent, ...decision.send],
      published: [...this.published, ...decision.publish.map(({ type }) => type)],
    })
  }

  get isOver(): boolean {
    return ['completed', 'compensated', 'abandoned'].includes(this.state.status)
  }

  get wakeAt(): number | undefined {
    return wakeAtOf(this.state)
  }
}

const beginning = Date.UTC(2026, 0, 1)

function checkDecision(walk: Walk, input: Input, decision: Decision, now: number): void {
  const { state: before } = walk
  const { state, send, publish, journal, refused } = decision
  const hasChanged = state !== before

  if (refused !== undefined) promise('only a request is refused', input.kind === 'request' && refused !== '')
  if (!hasChanged) promise('where nothing happens nothing is sent', send.length + publish.length + journal.length === 0)
  else promise('every change is in the journal', journal.length > 0)

  checkEnds(walk, input, decision)
  if (state.status === 'running' || state.status === 'compensating') {
    const wakeAt = wakeAtOf(state)
    promise('what is under way has a time at which it is looked at', wakeAt !== undefined)
    // What was overdue while a person was called stays so until time is looked at.
    const wakeAtBefore = wakeAtOf(before.status === 'stuck' ? before.was : before)
    const wasOverdue = wakeAtBefore !== undefined && wakeAtBefore <= now && input.kind !== 'time'
    if (hasChanged && !wasOverdue) promise('that time is to come', wakeAt! > now)
  }
  if (state.status === 'stuck') {
    promise('a person is told what the matter is', state.trouble.says !== '')
    promise('a definition is called with what it was promised', state.trouble.code !== 'DEFINITION_THREW')
  }
  for (const command of send) checkSent(walk, state, command)
}

function checkEnds({ definition, published, state: before }: Walk, input: Input, { state, publish }: Decision): void {
  if (before.status === 'compensated' || before.status === 'abandoned')
    promise(`what is ${before.status} stays so`, state === before)
  if (before.status === 'completed' && state !== before) {
    promise('only a request leaves completed', input.kind === 'request' && input.action.kind === 'compensate')
    const passed = definition.stages.flat().filter(({ name, kind }) => {
      const isPoint = kind === 'pivot' || kind === 'retriable'
      return isPoint && before.steps[name]!.forward.state !== 'skipped'
    })
    promise('no pivot was passed', passed.length === 0)
  }
  for (const { type } of publish) {
    promise('an end is published once', !published.includes(type))
    promise('an end is published when it is reached', type === `shop.${state.status}`)
  }
  if (state === before) return
  const steps = definition.stages.flat().map(step => ({ step, progress: progressOf(state)[step.name] }))
  if (state.status === 'completed') {
    for (const { step, progress } of steps) {
      const settled = ['succeeded', 'skipped', 'in doubt', ...(step.kind === 'best-effort' ? ['failed'] : [])]
      promise('every step of what is completed is settled', settled.includes(progress?.forward.state ?? 'missing'))
    }
  }
  if (state.status === 'compensated') {
    for (const { step, progress } of steps) {
      const mayHaveRun = progress?.forward.state === 'succeeded' || progress?.forward.state === 'in doubt'
      if (step.kind === 'compensatable' && mayHaveRun)
        promise('what was or may have been done is compensated', progress.back?.state === 'done')
    }
  }
}

function checkSent(walk: Walk, state: SagaState, command: CommandToSend): void {
  const { step, direction, attempt, payload } = command
  const earlier = walk.sent.filter(other => other.step === step && other.direction === direction)
  promise(
    'attempts only rise',
    earlier.every(other => other.attempt <= attempt),
  )
  const same = earlier.find(other => other.attempt === attempt)
  if (same !== undefined) {
    promise('an attempt that is asked again is the same command', isDeepStrictEqual(same.payload, payload))
    promise('it keeps the time of its first sending', direction === 'close' || same.firstSentAt === command.firstSentAt)
  }
  promise('a command is never older than its step', command.stepFirstSentAt <= command.firstSentAt)
  const forward = walk.sent.find(other => other.step === step && other.direction === 'forward')
  if (forward !== undefined)
    promise('the age of a step is that of its first sending', command.stepFirstSentAt === forward.firstSentAt)
  if (direction !== 'compensation') return

  promise('only what was sent is compensated', forward !== undefined)
  const { stages } = walk.definition
  const at = stages.findIndex(stage => stage.some(({ name }) => name === step))
  const steps = progressOf(state)
  for (const later of stages.slice(at + 1).flat()) {
    const progress = steps[later.name]
    const isUndone = progress === undefined || later.kind !== 'compensatable' || progress.back?.state === 'done'
    const isNothing = progress?.forward.state === 'failed' || progress?.forward.state === 'skipped'
    promise('later stages are compensated before earlier ones', isUndone || isNothing)
  }
  const was = steps[step]!.forward
  promise('only what was or may have been done is compensated', was.state === 'succeeded' || was.state === 'in doubt')
  promise(
    'the payload has the reply if there is one',
    isDeepStrictEqual(payload, was.state === 'succeeded' ? { reply: was.reply } : 'in doubt'),
  )
}

function promise(words: string, isKept: boolean): void {
  if (!isKept) throw new Error(`Not kept: ${words}.`)
}

function deepFrozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFrozen(inner)
  return Object.freeze(value)
}

// ── Definitions made of letters ───────────────────────────────────────────────────────────────────────────────────────

export interface WrittenStep {
  readonly kind: 'compensatable' | 'pivot' | 'retriable' | 'best-effort'
  /** Its `when` says no. */
  readonly isLeftOut?: boolean
  readonly compensation?: 'known and in doubt' | 'known' | 'elsewhere' | 'not needed'
}

export type WrittenSaga = readonly (readonly WrittenStep[])[]

const anything = z.unknown()
const completed = event('shop.completed', { payload: anything })
const compensated = event('shop.compensated', { payload: anything })

/** Steps are named `a1`, `a2`, `b1` …: stage and place. */
export function sagaOf(stages: WrittenSaga, deadlineMs?: number): Saga {
  let chain: any = saga('written', { version: 1, data: anything, ...(deadlineMs === undefined ? {} : { deadlineMs }) })
  for (const [at, stage] of stages.entries()) {
    const add = (to: any, step: WrittenStep, place: number) => addStep(to, step, `${'abcdef'[at]}${place + 1}`)
    chain = stage.length === 1 ? add(chain, stage[0]!, 0) : chain.parallel((group: any) => stage.reduce(add, group))
  }
  return chain.ends({
    completed: { event: completed, payload: () => null },
    compensated: { event: compensated, payload: () => null },
  })
}

function addStep(to: any, { kind, isLeftOut, compensation = 'known and in doubt' }: WrittenStep, name: string): any {
  const word = kind === 'best-effort' ? 'bestEffort' : kind
  return to[word](name, commandOf(`of-${name}.do`), {
    payload: () => name,
    ...(isLeftOut ? { when: () => false } : {}),
    ...(kind === 'retriable' ? { retry: { attempts: 3 } } : {}),
    ...(kind === 'compensatable' ? { compensation: compensationOf(name, compensation) } : {}),
  })
}

function compensationOf(name: string, how: NonNullable<WrittenStep['compensation']>): unknown {
  if (how === 'not needed') return how
  return {
    command: commandOf(how === 'elsewhere' ? 'elsewhere.undo' : `of-${name}.undo`),
    payload: (_data: unknown, replies: { readonly [step: string]: unknown }) => ({ reply: replies[name] }),
    ...(how === 'known' ? {} : { inDoubt: () => 'in doubt' }),
    retry: { attempts: 3 },
  }
}

function commandOf(type: `${string}.${string}`): Command {
  return command(type, { payload: anything, reply: anything, failures: { REFUSED: anything } })
}
