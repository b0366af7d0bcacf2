import type { Choreography, Lead } from '../definition/choreography.ts'
import { reactionDeadlineMs } from '../definition/timing.ts'
import type { Ask, Forward, Input, Request, Running, SagaState, Steps, Stuck, Trouble } from '../model/saga-state.ts'
import type { Decision, Transition } from './decision.ts'

/** An event of the instance has come, in any order. */
export interface Told {
  readonly kind: 'told'
  readonly type: string
  readonly messageId: string
}

/**
 * Where an instance of a choreography is: pure and total like `decide`, and it sends nothing. Its steps are the events
 * that were told, and the reactions to them: one is open until something was told that it leads to. The instance has
 * ended when it has begun, an end was told, and nothing is open.
 */
export function follow(choreography: Choreography, state: SagaState, input: Input | Told, now: number): Decision {
  if (!isUnderWay(state)) {
    return input.kind === 'request' ? refused(state, `It is ${state.status}.`) : nothingHappens(state)
  }
  switch (input.kind) {
    case 'told':
      return told(choreography, state, input, now)
    case 'time':
      return state.status === 'running' ? lookAtTime(choreography, state, now) : nothingHappens(state)
    case 'request':
      return granted(choreography, state, input, now)
    case 'start':
    case 'answer':
      return nothingHappens(state)
  }
}

/** An instance of which nothing was told yet. */
export const notFollowed: Running = { status: 'running', steps: {}, deadlineAt: undefined, cause: undefined }

/** Instances are kept under this one: they follow what is declared now, and have no versions of their own. */
export const trackedVersion = 1

/** The name of a reaction among the steps. */
export function reactionName({ from, in: service }: Lead): string {
  return `${from.type} in ${service}`
}

type UnderWay = Running | Stuck

function isUnderWay(state: SagaState): state is UnderWay {
  return state.status === 'running' || state.status === 'stuck'
}

// ── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function told(choreography: Choreography, state: UnderWay, { type, messageId }: Told, now: number): Decision {
  const journal: Transition[] = [{ kind: 'event', step: type, detail: { messageId } }]
  const was = runningIn(state)
  const isFirst = Object.keys(was.steps).length === 0
  const event: Forward = { state: 'succeeded', reply: { messageId }, firstSentAt: now }
  const steps = reacted(choreography, { ...was.steps, [type]: { forward: event } }, now)
  const { deadlineMs } = choreography
  const deadlineAt = isFirst && deadlineMs !== undefined ? now + deadlineMs : was.deadlineAt
  const running: Running = { ...was, steps, deadlineAt }
  const waitsOn = state.status === 'stuck' && openAskOf(steps, state.trouble.step) !== undefined
  if (waitsOn) return decided({ ...state, was: running }, journal)
  const over = ended(choreography, steps)
  return over === undefined ? decided(running, journal) : decided(over, [...journal, transition(over.status)])
}

/** The steps with every reaction to what was told: done with what it has led to, or open. */
function reacted({ leads }: Choreography, before: Steps, now: number): Steps {
  const reactions = leads
    .filter(({ from, to }) => before[from.type] !== undefined && to.length > 0)
    .map(lead => {
      const name = reactionName(lead)
      const events = lead.to.map(({ type }) => type).filter(type => before[type] !== undefined)
      const ask = openAskOf(before, name) ?? { attempt: 1, asked: 1, ...waiting(lead, now) }
      const forward: Forward =
        events.length === 0
          ? { state: 'open', ask }
          : { state: 'succeeded', reply: { events }, firstSentAt: ask.firstSentAt }
      return [name, { forward }] as const
    })
  return { ...before, ...Object.fromEntries(reactions) }
}

function waiting(lead: Lead, now: number): Pick<Ask, 'firstSentAt' | 'wakeAt'> {
  return { firstSentAt: now, wakeAt: now + reactionDeadlineMs(lead) }
}

function ended({ starts, leads, ends }: Choreography, steps: Steps): SagaState | undefined {
  if (steps[starts.type] === undefined || openReactions(leads, steps).length > 0) return undefined
  const undone = ends.compensated?.find(({ type }) => steps[type] !== undefined)
  if (undone !== undefined) {
    const lead = leads.find(({ from, to }) => steps[from.type] !== undefined && to.includes(undone))
    const step = lead === undefined ? starts.type : reactionName(lead)
    return { status: 'compensated', steps, cause: { step, code: undone.type, details: null } }
  }
  return ends.completed.some(({ type }) => steps[type] !== undefined) ? { status: 'completed', steps } : undefined
}

// ── Time ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function lookAtTime({ leads, deadlineMs }: Choreography, state: Running, now: number): Decision {
  const open = openReactions(leads, state.steps)
  const late = open.find(({ ask }) => ask.wakeAt <= now)
  if (late !== undefined) {
    const says = `${waitsFor(late)} since ${new Date(late.ask.firstSentAt).toISOString()}.`
    return stuck(state, { code: 'SILENT', step: reactionName(late.lead), says })
  }
  if (state.deadlineAt === undefined || state.deadlineAt > now) return nothingHappens(state)
  const says = `It has not ended in ${deadlineMs ?? 0} ms: ${open.map(waitsFor).join('; ')}.`
  return stuck({ ...state, deadlineAt: undefined }, { code: 'DEADLINE_PASSED', step: undefined, says })
}

function waitsFor({ lead }: OpenReaction): string {
  return `${lead.in} has not answered ${lead.from.type} with ${lead.to.map(({ type }) => type).join(' or ')}`
}

function stuck(was: Running, trouble: Trouble): Decision {
  const state: Stuck = { status: 'stuck', was, trouble, undecided: undefined }
  return decided(state, [transition('stuck', trouble.step, trouble)])
}

// ── Requests ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Its services alone can take it on: a person can wait for them once more, or give it up. */
function granted({ leads }: Choreography, state: UnderWay, request: Request, now: number): Decision {
  const { action, by, reason } = request
  const was = runningIn(state)
  const requested = transition('requested', 'step' in action ? action.step : undefined, { kind: 'request', ...request })
  switch (action.kind) {
    case 'retry': {
      const again = openReactions(leads, was.steps).map(({ lead, ask }) => {
        const forward: Forward = { state: 'open', ask: { ...ask, asked: ask.asked + 1, ...waiting(lead, now) } }
        return [reactionName(lead), { forward }] as const
      })
      return decided({ ...was, steps: { ...was.steps, ...Object.fromEntries(again) } }, [requested])
    }
    case 'abandon':
      return decided({ status: 'abandoned', steps: was.steps, by, reason }, [requested, transition('abandoned')])
    case 'compensate':
    case 'skip':
    case 'resolve':
      return refused(state, 'Nobody leads a choreography: only its own services can take it on or back.')
  }
}

// ── What is open ────────────────────────────────────────────────────────────────────────────────────────────────────

interface OpenReaction {
  readonly lead: Lead
  readonly ask: Ask
}

function openReactions(leads: readonly Lead[], steps: Steps): readonly OpenReaction[] {
  return leads.flatMap(lead => {
    const ask = openAskOf(steps, reactionName(lead))
    return ask === undefined ? [] : [{ lead, ask }]
  })
}

function openAskOf(steps: Steps, name: string | undefined): Ask | undefined {
  const forward = name === undefined ? undefined : steps[name]?.forward
  return forward?.state === 'open' ? forward.ask : undefined
}

function runningIn(state: UnderWay): Running {
  const { steps, ...was } = state.status === 'stuck' ? state.was : state
  return { status: 'running', steps, deadlineAt: 'deadlineAt' in was ? was.deadlineAt : undefined, cause: undefined }
}

function transition(kind: string, step?: string, detail?: unknown): Transition {
  return { kind, step, detail }
}

function decided(state: SagaState, journal: readonly Transition[]): Decision {
  return { state, send: [], publish: [], journal }
}

function nothingHappens(state: SagaState): Decision {
  return decided(state, [])
}

function refused(state: SagaState, why: string): Decision {
  return { ...nothingHappens(state), refused: why }
}
