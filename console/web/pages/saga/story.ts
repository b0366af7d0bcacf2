import type {
  ChoreographyView,
  InboxView,
  SagaDefinitionView,
  SagaInFull,
  StepView,
} from 'makegood/operations/contract'
import { listed } from '../../parts/listed.ts'
import { paths } from '../../parts/paths.ts'
import { exactly, lasting } from '../../parts/when.tsx'
import type { Participants } from './participants.ts'
import { abandonedOf, causeOf, commandOf, type OpenStep, openStepsOf, stepsOf, wasOf } from './state.ts'
import { because, reactionIn, saysWhy, sentence, whom } from './words.ts'

/** Where a saga is and why, in plain words: what whoever is on call reads first. */
export interface Story {
  readonly tone: 'fine' | 'under way' | 'turned back' | 'needs you'
  readonly says: string
  /** What led to it, in the order in which it matters. */
  readonly because: readonly string[]
  readonly todo: readonly Todo[]
}

/** What to do, if there is anything to be done. */
export interface Todo {
  readonly says: string
  readonly link?: { readonly says: string; readonly href: string }
}

export interface Seen {
  readonly saga: SagaInFull
  readonly definition: SagaDefinitionView | ChoreographyView | undefined
  readonly participants: Participants
  readonly now: number
}

export function storyOf(seen: Seen): Story {
  switch (seen.saga.status) {
    case 'running':
      return running(seen)
    case 'compensating':
      return compensating(seen)
    case 'completed':
      return withLettersLeft(seen, completed(seen))
    case 'compensated':
      return withLettersLeft(seen, compensated(seen))
    case 'stuck':
      return stuck(seen)
    case 'abandoned':
      return withLettersLeft(seen, abandoned(seen))
  }
}

/** No dead letter takes an ended saga on, and each still asks for somebody. */
function withLettersLeft({ saga }: Seen, story: Story): Story {
  const letters = saga.messages.filter(({ state }) => state === 'dead')
  if (letters.length === 0) return story
  const todo = letters.map(({ service, identity }) => ({
    says: `${service} still has a dead letter of it: discard it if it is settled, or redrive it if it must be done all the same.`,
    link: { says: 'This dead letter', href: paths.letter(service, identity) },
  }))
  return { ...story, todo: [...story.todo.filter(each => each !== nothingLeft), ...todo] }
}

function running(seen: Seen): Story {
  const cause = causeOf(seen.saga)
  const open = openStepsOf(seen.saga)
  return {
    tone: 'under way',
    says: `It is under way: ${open.length === 0 ? 'its next step is about to begin' : `it waits for ${listed(open.map(nameOf))}`}.`,
    because: [
      ...(cause === null ? [] : [`It will turn back as soon as the steps beside are settled. ${whyOf(seen, cause)}`]),
      ...open.flatMap(each => waitingFor(seen, each)),
    ],
    todo: open.flatMap(each => todoWhileWaiting(seen, each)),
  }
}

function compensating(seen: Seen): Story {
  const open = openStepsOf(seen.saga)
  return {
    tone: 'turned back',
    says: `It turned back and is being made good${open.length === 0 ? '' : `: it waits for ${listed(open.map(nameOf))}`}.`,
    because: [...whyItTurned(seen), ...undoneSoFar(seen), ...open.flatMap(each => waitingFor(seen, each))],
    todo: open.flatMap(each => todoWhileWaiting(seen, each)),
  }
}

function completed({ saga }: Seen): Story {
  const notDone = Object.entries(stepsOf(saga)).flatMap(([name, { forward }]) => {
    if (forward.state === 'failed') return [`The step ${name} is one that may fail, and did, with ${forward.code}.`]
    if (forward.state === 'in doubt') return [`The step ${name} is one that may fail: how it went is not known.`]
    return []
  })
  return { tone: 'fine', says: `It completed${tookOf(saga)}.`, because: notDone, todo: [] }
}

function compensated(seen: Seen): Story {
  const skipped = leftOut(seen.saga)
  const isUndone = Object.values(stepsOf(seen.saga)).some(({ back }) => back !== undefined)
  return {
    tone: skipped.length === 0 ? 'turned back' : 'needs you',
    says: `It was cancelled${isUndone ? ', and what it had done was made good' : ''}${tookOf(seen.saga)}.`,
    because: [...whyItTurned(seen), ...undoneSoFar(seen)],
    todo: [
      skipped.length === 0
        ? nothingLeft
        : { says: `See that ${listed(skipped)} was undone by hand where it was done: nothing here will.` },
    ],
  }
}

const nothingLeft: Todo = { says: 'Nothing is left to do: it has ended.' }

function abandoned({ saga }: Seen): Story {
  const by = abandonedOf(saga)
  const asked = openStepsOf(saga).map(nameOf)
  const kept = Object.entries(stepsOf(saga)).flatMap(([name, { forward, back }]) =>
    forward.state === 'succeeded' && back?.state !== 'done' ? [name] : [],
  )
  return {
    tone: 'needs you',
    says: by === null ? 'It was given up.' : `${by.by} gave it up: “${by.reason}”.`,
    because: [
      'It stays as it was, for good.',
      kept.length === 0 ? 'Nothing that it had done was left standing.' : `Not undone: ${listed(kept)}.`,
      ...(asked.length === 0
        ? []
        : [`Asked for, and not answered then: ${listed(asked)}. It may have been done since.`]),
    ],
    todo: [
      ...(asked.length === 0 ? [] : [{ says: `Look at what was received below, whether ${listed(asked)} was done.` }]),
      ...(kept.length === 0
        ? []
        : [{ says: `If ${listed(kept)} must not stand, undo it by hand where it was done: nothing here will.` }]),
    ],
  }
}

// ── Stuck ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function stuck(seen: Seen): Story {
  const { trouble } = seen.saga
  const was = wasOf(seen.saga) === 'compensating' ? 'while it was being made good' : 'on its way forward'
  const where = trouble?.step ? ` at the step ${trouble.step}` : ''
  return {
    tone: 'needs you',
    says: `It is stuck${where}, ${was}: nothing but a person can take it on.`,
    because: [
      ...(trouble === null ? [] : [trouble.says, ...meaningOf(trouble.code)]),
      ...(wasOf(seen.saga) === 'compensating' ? [...whyItTurned(seen), ...undoneSoFar(seen)] : []),
      ...openStepsOf(seen.saga)
        .flatMap(each => foundOut(seen, each))
        .filter(sentence => trouble === null || !isSaidIn(trouble.says, sentence)),
    ],
    todo: trouble === null ? [] : todoFor(seen, trouble),
  }
}

/** Whether what a participant says is quoted there already. */
function isSaidIn(says: string, sentence: string): boolean {
  const [, words] = /“(.+)”/s.exec(sentence) ?? []
  return words !== undefined && says.includes(words)
}

function meaningOf(code: string): readonly string[] {
  switch (code) {
    case 'SILENT':
      return ['It was asked again and again, and nobody answered.']
    case 'FAILED':
      return ['This step cannot be left out by itself, and nobody asks for it again.']
    case 'DEFINITION_THREW':
      return ['The definition’s own code threw an error when it had to decide what comes next.']
    case 'DEADLINE_PASSED':
      return ['It has passed the point after which it cannot be undone: it can only go forward.']
    default:
      return []
  }
}

function todoFor(seen: Seen, { code, step }: NonNullable<SagaInFull['trouble']>): readonly Todo[] {
  const service =
    step === null ? null : serviceOf(seen, step, wasOf(seen.saga) === 'compensating' ? 'compensation' : 'forward')
  const letter = seen.saga.messages.find(({ state, type }) => state === 'dead' && isAbout(seen, step, type))
  const ofStep = step === null ? '' : ` ${step}`
  switch (code) {
    case 'SILENT':
      return [
        { says: `See to it that ${whom(service)} runs and reads its queue.`, link: toServices },
        { says: 'Then retry: what is open is asked for again, at once.' },
      ]
    case 'FAILED':
      return [
        { says: `Mend the reason at ${whom(service)}, then retry.` },
        { says: `Or do it there by hand, and resolve the step${ofStep} with what it would have replied.` },
      ]
    case 'UNPROCESSABLE':
      return [
        {
          says: `Read what ${whom(letter?.service ?? service)} says of its dead letter, mend that, and redrive the letter: its answer takes the saga on.`,
          link:
            letter === undefined
              ? { says: 'Dead letters', href: paths.letters() }
              : { says: 'This dead letter', href: paths.letter(letter.service, letter.identity) },
        },
        { says: 'Or retry once the reason is mended: a newer command takes the letter’s place.' },
      ]
    case 'EXPIRED':
    case 'IN_DOUBT':
      return [
        { says: `Find out by hand whether the step${ofStep} took effect at ${whom(service)}, or at its provider.` },
        { says: 'If it did, resolve the step with what it would have replied; if it did not, skip it.' },
      ]
    case 'DEFINITION_THREW':
      return [{ says: 'Deploy a definition that does not throw, then retry: the same input is decided again.' }]
    case 'DEADLINE_PASSED':
      return isChoreography(seen)
        ? [
            { says: 'See to it that the services named above run and react.', link: toServices },
            { says: 'Then retry, which waits for them once more; or abandon it if nobody will answer.' },
          ]
        : [{ says: 'Retry what is open, or abandon it and settle by hand what is left.' }]
    default:
      return [{ says: 'Mend the reason, then retry.' }]
  }
}

const toServices = { says: 'Services', href: paths.services }

// ── Waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function waitingFor(seen: Seen, open: OpenStep): readonly string[] {
  const { now } = seen
  const service = serviceOf(seen, open.step, open.side)
  const next = open.wakeAt === null ? '' : ` ${inTime(open.wakeAt, now)}`
  if (open.state === 'pausing') {
    const last = lastRefusalOf(seen.saga, open)
    return [sentence(`${whom(service)} refused ${nameOf(open)}${last}. Attempt ${open.attempt} is sent${next}.`)]
  }
  const since = lasting(now - Date.parse(open.firstSentAt))
  const again = open.asked > 1 ? `, ${open.asked} times` : ''
  return [
    sentence(unsent(seen, open) ?? `${whom(service)} was ${askedFor(open)} ${since} ago${again}.`),
    ...foundOut(seen, open),
    ...(next === '' ? [] : [`Without an answer${next} ${whenSilent(seen, open)}.`]),
  ]
}

function askedFor(open: OpenStep): string {
  const reaction = reactionIn(open.step)
  if (reaction !== null) return `told of ${reaction.event}`
  return `asked for ${nameOf(open)}${open.state === 'closing' ? ' to make sure that it does not run any more' : ''}`
}

/** Of what nobody is known to have received while messages are left in the outbox: it may be one of them. */
function unsent(seen: Seen, open: OpenStep): string | null {
  const { saga, participants } = seen
  const command = commandAt(seen, open.step, open.side)
  const outbox = participants.outboxOf(saga.service)
  if (command === null || outbox === null || outbox.oldestMs < unsentMsMin) return null
  if (saga.messages.some(({ type }) => type === command)) return null
  const waiting = outbox.messages === 1 ? '1 message is' : `${outbox.messages} messages are`
  const service = whom(serviceOf(seen, open.step, open.side))
  return `${service} may not have been ${askedFor(open)} yet: ${waiting} still in the outbox of ${saga.service}.`
}

/** A message that is sent at once is in the outbox for some milliseconds, too. */
const unsentMsMin = 1_000

function whenSilent({ definition }: Seen, { step, side, state }: OpenStep): string {
  if (reactionIn(step) !== null) return 'somebody has to look after it'
  const kind = side === 'forward' && state === 'open' ? stepIn(definition, step)?.kind : undefined
  if (kind === 'compensatable') return 'it turns back, and what it has done is made good'
  return kind === 'best-effort' ? 'it goes on without it' : 'it is asked again'
}

/** What the participant's own inbox says of it. */
function foundOut(seen: Seen, { step, side }: OpenStep): readonly string[] {
  const service = serviceOf(seen, step, side)
  const message = seen.saga.messages.findLast(
    ({ type, kind }) => kind === 'command' && type === commandAt(seen, step, side),
  )
  const trouble = service === null ? null : seen.participants.troubleOf(service)
  const health = trouble === null ? [] : [trouble]
  if (message === undefined) return health
  return [...health, ...saysOfReceived(message, seen.now)]
}

function saysOfReceived(message: InboxView & { readonly service: string }, now: number): readonly string[] {
  const { service, state, error, tries, dueAt } = message
  if (state === 'parked') {
    const again = dueAt === null ? '' : ` It is tried again ${inTime(dueAt, now)}.`
    return [`${service} has it, and has failed at it ${tries ?? 0} times: “${error ?? ''}”.${again}`]
  }
  return state === 'dead' ? [`It is a dead letter at ${service}: “${error ?? ''}”.`] : []
}

function todoWhileWaiting(seen: Seen, { step, side }: OpenStep): readonly Todo[] {
  const service = serviceOf(seen, step, side)
  if (service === null || seen.participants.troubleOf(service) === null) return []
  return [{ says: `Look after ${service}; the saga goes on by itself when it answers.`, link: toServices }]
}

// ── What has happened ───────────────────────────────────────────────────────────────────────────────────────────────

function whyItTurned(seen: Seen): readonly string[] {
  const cause = causeOf(seen.saga)
  return cause === null ? [] : [whyOf(seen, cause)]
}

function whyOf(seen: Seen, cause: NonNullable<ReturnType<typeof causeOf>>): string {
  return saysWhy(cause, serviceOf(seen, cause.step, 'forward'))
}

function undoneSoFar(seen: Seen): readonly string[] {
  const { saga } = seen
  const steps = Object.entries(stepsOf(saga))
  const skipped = leftOut(saga)
  const undone = steps.filter(([name, { back }]) => back?.state === 'done' && !skipped.includes(name))
  const left = steps.filter(([name, { forward, back }]) => {
    if (back !== undefined) return back.state !== 'done'
    return saga.endedAt === null && forward.state === 'succeeded' && commandAt(seen, name, 'compensation') !== null
  })
  const lists = [
    ['Undone', undone.map(([name]) => name)],
    ['Not undone, a person left it out', skipped],
    ['Still to be undone', left.map(([name]) => name)],
  ] as const
  const said = lists.flatMap(([says, names]) => (names.length === 0 ? [] : [`${says}: ${listed(names.toReversed())}.`]))
  return said.length === 0 ? ['Nothing had been done that needed undoing.'] : said
}

/** Whose compensation an operator has skipped: what they did may still stand. */
function leftOut({ journal }: SagaInFull): readonly string[] {
  return journal.flatMap(({ kind, step }) => (kind === 'compensation skipped' && step !== null ? [step] : []))
}

function lastRefusalOf({ journal }: SagaInFull, { step, side }: OpenStep): string {
  const kind = side === 'forward' ? 'step failed' : 'compensation failed'
  const last = journal.findLast(entry => entry.kind === kind && entry.step === step)?.detail as
    | { readonly code?: string; readonly details?: unknown }
    | undefined
  return last?.code === undefined ? '' : ` with ${last.code}${because(last.details)}`
}

function tookOf({ startedAt, endedAt }: SagaInFull): string {
  return endedAt === null ? '' : `, ${lasting(Date.parse(endedAt) - Date.parse(startedAt))} after it began`
}

function inTime(at: string, now: number): string {
  const ms = Date.parse(at) - now
  return ms < 1_000 ? 'at any moment' : `in ${lasting(ms)} (${exactly(at)})`
}

// ── Who and what ────────────────────────────────────────────────────────────────────────────────────────────────────

function nameOf({ step, side }: Pick<OpenStep, 'step' | 'side'>): string {
  const reaction = reactionIn(step)
  if (reaction !== null) return `${reaction.service} to react to ${reaction.event}`
  return side === 'forward' ? step : `the undoing of ${step}`
}

/** Null where nobody says that they carry it out. */
export function serviceOf(seen: Seen, step: string, side: OpenStep['side']): string | null {
  const reaction = reactionIn(step)
  if (reaction !== null) return reaction.service
  return seen.participants.of(commandAt(seen, step, side))
}

function commandAt({ definition }: Seen, step: string, side: OpenStep['side']): string | null {
  return commandOf({ side }, stepIn(definition, step))
}

function stepIn(definition: Seen['definition'], step: string): StepView | undefined {
  if (definition === undefined || !('stages' in definition)) return undefined
  return definition.stages.flat().find(({ name }) => name === step)
}

function isAbout(seen: Seen, step: string | null, type: string): boolean {
  if (step === null) return false
  return type === commandAt(seen, step, 'forward') || type === commandAt(seen, step, 'compensation')
}

function isChoreography({ definition }: Seen): boolean {
  return definition !== undefined && 'leads' in definition
}
