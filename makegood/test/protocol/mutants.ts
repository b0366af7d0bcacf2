import type { DecidedSaga } from '../../src/engine/decision.ts'
import type { Verdict } from '../../src/engine/judge.ts'
import { closed } from '../../src/engine/record.ts'
import type { Input, SagaState, Steps } from '../../src/model/saga-state.ts'
import { progressOf } from '../../src/model/saga-state.ts'
import { makegood, type Protocol } from './protocol.ts'
import { type Scenario, scenario } from './scenario.ts'

/** makegood without one of its rules, and the scenario in which that is seen to break a promise. */
export interface Mutant {
  readonly rule: number
  readonly without: string
  readonly protocol: Protocol
  readonly scenario: Scenario
  /** What the exploration says of it. */
  readonly breaks: RegExp
}

const { decide, judge } = makegood

export const mutants: readonly Mutant[] = [
  {
    rule: 1,
    without: 'one record for all attempts of a step: each attempt has its own',
    protocol: { ...makegood, identityOf: command => `${makegood.identityOf(command)}/${command.attempt}` },
    scenario: scenario('P', { retries: 1 }),
    breaks: /took effect twice/,
  },
  {
    rule: 2,
    without: 'heeding only the attempt that was sent last: any answer will do',
    protocol: {
      ...makegood,
      decide: (saga, state, input, circumstances) => decide(saga, state, asIfCurrent(state, input), circumstances),
    },
    scenario: scenario('C P', { retries: 1 }),
    breaks: /compensated, but/,
  },
  {
    rule: 2,
    without: 'letting a newer attempt take the place of an older one: it is dropped',
    protocol: { ...makegood, judge: (...asked) => insteadOf('replace', judge(...asked), { do: 'drop' }) },
    scenario: scenario('R'),
    breaks: /waits for ever/,
  },
  {
    rule: 3,
    without: 'answering again: a duplicate is dropped',
    protocol: { ...makegood, judge: (...asked) => insteadOf('answer again', judge(...asked), { do: 'drop' }) },
    scenario: scenario('P', { emptied: 1 }),
    breaks: /waits for ever/,
  },
  {
    rule: 3,
    without: 'ids of their own for answers: the second answer to a command is taken for the first',
    protocol: { ...makegood, answersHaveOwnIds: false },
    scenario: scenario('P', { redrives: 1 }),
    breaks: /stuck on a, which is done and has said so/,
  },
  {
    rule: 5,
    without: 'the age of commands: an old one without a record is taken for new',
    protocol: {
      ...makegood,
      judge: (command, records, circumstances) =>
        judge(command, records, { ...circumstances, old: false, stepOld: false }),
    },
    scenario: scenario('C', { windows: 1 }),
    breaks: /took effect twice/,
  },
  {
    rule: 5,
    without: "the age of a compensation itself: only its step's age is looked at",
    protocol: {
      ...makegood,
      judge: (command, records, circumstances) =>
        judge(command, records, { ...circumstances, old: circumstances.old && command.direction === 'forward' }),
    },
    scenario: scenario('C C', { windows: 1 }),
    breaks: /the compensation of a took effect twice/,
  },
  {
    rule: 7,
    without: 'asking whether the step ran: its compensation always runs',
    protocol: {
      ...makegood,
      judge: (command, records, circumstances) => {
        const verdict = judge(command, records, circumstances)
        return command.direction === 'compensation' ? insteadOf('answer', verdict, { do: 'run' }) : verdict
      },
    },
    scenario: scenario('C'),
    breaks: /undone although it had no effect/,
  },
  {
    rule: 7,
    without: 'closing what is compensated: a parked step stays as it is',
    protocol: {
      ...makegood,
      judge: (...asked) => {
        const verdict = judge(...asked)
        return verdict.do === 'answer' ? { do: 'answer', answer: verdict.answer } : verdict
      },
    },
    scenario: scenario('C'),
    breaks: /compensated, but a has the net effect 1/,
  },
  {
    rule: 7,
    without: 'closing a step that was refused: a newer attempt of it may still come',
    protocol: {
      ...makegood,
      judge: (command, records, circumstances) => {
        const verdict = judge(command, records, circumstances)
        return verdict.do === 'answer' && records.step?.state === 'failed'
          ? { do: 'answer', answer: verdict.answer }
          : verdict
      },
    },
    scenario: scenario('C', { retries: 1 }),
    breaks: /compensated, but a has the net effect 1/,
  },
  {
    rule: 8,
    without: 'asking a silent step to close: it is taken for one that never ran',
    protocol: {
      ...makegood,
      decide: (...asked) => {
        const decision = decide(...asked)
        const isAsking = decision.send.some(({ direction }) => direction === 'close')
        if (!isAsking || decision.state.status !== 'compensating') return decision
        return { ...decision, send: [], state: { ...decision.state, status: 'compensated' } }
      },
    },
    scenario: scenario('C?'),
    breaks: /compensated, but a has the net effect 1/,
  },
  {
    rule: 9,
    without: 'doubting a dead letter: the step is taken for refused',
    protocol: {
      ...makegood,
      decide: (saga, state, input, circumstances) => {
        const isDead = input.kind === 'answer' && input.direction === 'forward' && input.failure === 'UNPROCESSABLE'
        return decide(saga, state, isDead ? { ...input, failure: 'REFUSED' } : input, circumstances)
      },
    },
    scenario: scenario('C', { redrives: 1 }),
    breaks: /compensated, but a has the net effect 1/,
  },
  {
    rule: 10,
    without: 'settling a group before it is compensated: its running members are forgotten',
    protocol: {
      ...makegood,
      decide: (saga, state, input, circumstances) => {
        const decision = decide(saga, state, input, circumstances)
        if (decision.state.status !== 'running' || decision.state.cause === undefined) return decision
        const steps = settledOf(decision.state.steps)
        // Whatever it is told next, it goes back with what it knows.
        const woken = decide(saga, { ...decision.state, steps }, { kind: 'start' }, circumstances)
        return { ...woken, send: [...decision.send, ...woken.send] }
      },
    },
    scenario: scenario('(C C)'),
    breaks: /compensated, but [ab] has the net effect 1/,
  },
  {
    rule: 12,
    without: 'asking again: silence after the pivot is borne',
    protocol: {
      ...makegood,
      decide: (saga, state, input, circumstances) => {
        const decision = decide(saga, state, input, circumstances)
        return input.kind === 'time' && isSame(saga, state, decision.state) ? { ...decision, send: [] } : decision
      },
    },
    scenario: scenario('P', { emptied: 1 }),
    breaks: /waits for ever/,
  },
  {
    rule: 15,
    without: 'custody before the call: nothing is written until it returns',
    protocol: { ...makegood, custodyBeforeCall: false },
    scenario: scenario('Cc'),
    breaks: /compensated, but the provider of a is left at 1/,
  },
  {
    rule: 15,
    without: 'writing that a call has begun',
    protocol: {
      ...makegood,
      callBegun: (...asked) => ({ ...makegood.callBegun(...asked), callBegun: false }),
    },
    scenario: scenario('Cc'),
    breaks: /compensated, but the provider of a is left at 1/,
  },
  {
    rule: 15,
    without: 'waiting for a call in flight: its compensation runs beside it',
    protocol: { ...makegood, judge: (...asked) => insteadOf('wait', judge(...asked), { do: 'run' }) },
    scenario: scenario('Cc'),
    breaks: /compensated, but the provider of a is left at 1/,
  },
  {
    rule: 15,
    without: 'the same key for the same call: every attempt has its own',
    protocol: { ...makegood, providerKeyOf: ({ attempt }, refusals) => `${attempt}/${refusals}` },
    scenario: scenario('Pc', { retries: 1 }),
    breaks: /charged twice/,
  },
  {
    rule: 15,
    without: 'the fence: a result is recorded whoever brings it',
    protocol: { ...makegood, stillHolds: (_claim, record) => record?.state === 'parked' },
    scenario: scenario('Cc', { zombies: 1 }),
    breaks: /compensated, but the provider of a is left at 1/,
  },
  {
    rule: 15,
    without: 'keeping a step in doubt for later attempts of its compensation',
    protocol: {
      ...makegood,
      judge: (...asked) => {
        const verdict = judge(...asked)
        if (!('step' in verdict) || verdict.step?.state !== 'in doubt') return verdict
        return { ...verdict, step: closed(verdict.step) }
      },
    },
    scenario: scenario('Cc', { retries: 1 }),
    breaks: /compensated, but the provider of a is left at 1/,
  },
]

function insteadOf(word: Verdict['do'], verdict: Verdict, instead: Verdict): Verdict {
  return verdict.do === word ? instead : verdict
}

function asIfCurrent(state: SagaState, input: Input): Input {
  if (input.kind !== 'answer') return input
  const step = progressOf(state)[input.step]
  const asking = input.direction === 'compensation' ? step?.back : step?.forward
  return asking !== undefined && 'ask' in asking ? { ...input, attempt: asking.ask.attempt } : input
}

function settledOf(steps: Steps): Steps {
  return Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [
      name,
      'ask' in step.forward ? { forward: { state: 'failed' as const, code: 'FORGOTTEN', details: undefined } } : step,
    ]),
  )
}

function isSame({ definition }: DecidedSaga, before: SagaState, after: SagaState): boolean {
  if (before.status !== after.status) return false
  return definition.stages.flat().every(({ name }) => {
    const [one, other] = [progressOf(before)[name], progressOf(after)[name]]
    return one?.forward.state === other?.forward.state && one?.back?.state === other?.back?.state
  })
}
