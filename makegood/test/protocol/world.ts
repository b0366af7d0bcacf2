import type { CommandMessage } from '../../src/model/message.ts'
import type { RequestedAction, StepAnswer } from '../../src/model/saga-state.ts'
import { type Explored, explore, type Move, type Space } from './explore.ts'
import { Interned, remembered } from './interned.ts'
import { wrongAtRest, wrongNow } from './invariants.ts'
import { type Decided, type Due, dueIn, Orchestration, type Orchestrator, openIn } from './orchestrator.ts'
import { type Happening, type Participant, Participation, untouched } from './participant.ts'
import type { Protocol } from './protocol.ts'
import type { Budgets, Scenario } from './scenario.ts'

/**
 * One saga, its participants, and a network that keeps every message for ever and delivers it as often and in whatever
 * order it likes: at least once at its worst. The parts are kept as numbers; each number stands for one value.
 */
interface World {
  readonly orchestrator: number
  readonly network: number
  readonly participants: readonly number[]
  readonly left: number
}

type Message = CommandMessage | ({ readonly kind: 'answer' } & StepAnswer)

/** Explores all that can happen in a scenario, and says what first breaks a promise. */
export function exploreScenario(scenario: Scenario, protocol: Protocol): Explored {
  return explore(new Worlds(scenario, protocol))
}

/** The shortest way to a broken promise, one line an event; or that there is none. */
export function storyOf({ violation }: Explored): string {
  if (violation === undefined) return 'every promise is kept'
  return [...violation.trace, `→ ${violation.says}`].join('\n')
}

class Worlds implements Space<World> {
  readonly start: World
  readonly #scenario: Scenario
  readonly #orchestration: Orchestration
  readonly #participations: readonly Participation[]
  readonly #orchestrators = new Interned<Orchestrator>()
  readonly #networks = new Interned<readonly number[]>()
  readonly #participants = new Interned<Participant>()
  readonly #messages = new Interned<Message>()
  readonly #budgets = new Interned<Budgets>()

  constructor(scenario: Scenario, protocol: Protocol) {
    this.#scenario = scenario
    this.#orchestration = new Orchestration(scenario, protocol)
    this.#participations = scenario.steps.map(step => new Participation(scenario, step, protocol))
    const { orchestrator, sent } = this.#interned(this.#orchestration.start())
    this.start = {
      orchestrator,
      network: this.#networks.idOf(sent.toSorted((one, other) => one - other)),
      participants: scenario.steps.map(() => this.#participants.idOf(untouched)),
      left: this.#budgets.idOf(scenario.budgets),
    }
  }

  keyOf = ({ orchestrator, network, participants, left }: World): string =>
    `${orchestrator} ${network} ${participants.join(' ')} ${left}`

  movesFrom = (world: World): readonly Move<World>[] => [
    ...this.#deliveries(world),
    ...this.#participantsAlone(world),
    ...this.#time(world),
    ...this.#persons(world),
    ...this.#disasters(world),
  ]

  wrongIn = (world: World): string | undefined =>
    this.#orchestrators.valueOf(world.orchestrator).broken ??
    wrongNow(this.#scenario, this.#orchestrators.valueOf(world.orchestrator), this.#participantsOf(world))

  wrongAtRest = (world: World): string | undefined =>
    wrongAtRest(
      this.#scenario,
      this.#orchestrators.valueOf(world.orchestrator),
      this.#participantsOf(world),
      this.#budgets.valueOf(world.left),
    )

  isSettled = (world: World): boolean => this.#statusOf(world) === 'stuck' || this.isOver(world)

  isOver = (world: World): boolean => ['completed', 'compensated', 'abandoned'].includes(this.#statusOf(world))

  // ── What can happen ─────────────────────────────────────────────────────────────────────────────────────────────────

  #deliveries(world: World): readonly Move<World>[] {
    return this.#networks.valueOf(world.network).flatMap(id => {
      const message = this.#messages.valueOf(id)
      if (message.kind === 'answer') {
        const decided = this.#heed(world.orchestrator, id * 2 + this.#epochOf(world))
        const { step, direction, attempt, failure = 'done' } = message
        return [this.#decided(world, decided, `${step}/${direction} ${attempt} is answered: ${failure}`, 'itself')]
      }
      const at = this.#scenario.steps.findIndex(({ name }) => name === message.step)
      return this.#deliver(world.participants[at]!, id * 2 + this.#epochOf(world)).map(happening =>
        this.#happened(world, at, happening, 'itself'),
      )
    })
  }

  #participantsAlone(world: World): readonly Move<World>[] {
    return world.participants.flatMap((participant, at) =>
      this.#alone(participant, at * 2 + this.#epochOf(world)).flatMap(happening => {
        if (happening.zombie === undefined) return [this.#happened(world, at, happening, 'itself')]
        if (this.#budgets.valueOf(world.left).zombies === 0) return []
        return [this.#happened(this.#spend(world, 'zombies'), at, happening, 'disaster')]
      }),
    )
  }

  #time(world: World): readonly Move<World>[] {
    const { state } = this.#orchestrators.valueOf(world.orchestrator)
    const left = this.#budgets.valueOf(world.left)
    const due = dueIn(this.#orchestrators.valueOf(world.orchestrator))
    const passing = due.map(what => this.#timed(world, { what, givenUp: false }, `time passes for ${what}`, 'itself'))
    const silences =
      left.silences === 0
        ? []
        : due.map(what =>
            this.#timed(this.#spend(world, 'silences'), { what, givenUp: true }, `${what} stays silent`, 'disaster'),
          )
    const hasDeadline = state.status === 'running' && state.deadlineAt !== undefined && left.deadlines > 0
    const deadline = hasDeadline
      ? [
          this.#timed(
            this.#spend(world, 'deadlines'),
            { what: 'saga', givenUp: false },
            'the deadline of the saga passes',
            'disaster',
          ),
        ]
      : []
    return [...passing, ...silences, ...deadline]
  }

  #persons(world: World): readonly Move<World>[] {
    const { state } = this.#orchestrators.valueOf(world.orchestrator)
    const left = this.#budgets.valueOf(world.left)
    const redrives =
      left.redrives === 0
        ? []
        : world.participants.flatMap((participant, at) =>
            this.#redriven(participant, at).map(happening =>
              this.#happened(this.#spend(world, 'redrives'), at, happening, 'person'),
            ),
          )
    const isActive = !this.isOver(world)
    const requests: (readonly [keyof Budgets | undefined, RequestedAction])[] = []
    if (left.retries > 0 && isActive) requests.push(['retries', { kind: 'retry' }])
    if (left.compensates > 0) requests.push(['compensates', { kind: 'compensate' }])
    if (left.abandons > 0 && isActive) requests.push(['abandons', { kind: 'abandon' }])
    // Whoever is called to a stuck saga finds out what became of the step, and says it.
    for (const step of state.status !== 'stuck' ? [] : state.trouble.step ? [state.trouble.step] : openIn(state)) {
      requests.push([undefined, { kind: 'skip', step }])
      requests.push([undefined, { kind: 'resolve', step, reply: { reply: 'said by a person' } }])
    }
    return [
      ...redrives,
      ...requests.map(([budget, action]) =>
        this.#decided(
          budget === undefined ? world : this.#spend(world, budget),
          this.#requested(world.orchestrator, this.#actions.idOf(action) * 2 + this.#epochOf(world)),
          `an operator asks to ${action.kind}${'step' in action ? ` ${action.step}` : ''}`,
          'person',
        ),
      ),
    ]
  }

  #disasters(world: World): readonly Move<World>[] {
    const left = this.#budgets.valueOf(world.left)
    const moves: Move<World>[] = []
    if (left.emptied > 0 && this.#networks.valueOf(world.network).length > 0)
      moves.push({
        says: 'the broker loses all its messages',
        to: { ...this.#spend(world, 'emptied'), network: this.#networks.idOf([]) },
        by: 'disaster',
      })
    if (left.windows > 0)
      moves.push({ says: 'the inbox window goes by', to: this.#spend(world, 'windows'), by: 'disaster' })
    return moves
  }

  // ── Each question is put to makegood once ───────────────────────────────────────────────────────────────────────────

  readonly #actions = new Interned<RequestedAction>()

  readonly #heed = remembered((orchestrator, input) => {
    const answer = this.#messages.valueOf(input >> 1) as StepAnswer
    return this.#interned(this.#orchestration.answer(this.#orchestrators.valueOf(orchestrator), answer, input & 1))
  })

  readonly #requested = remembered((orchestrator, input) => {
    const action = this.#actions.valueOf(input >> 1)
    const request = { action, by: 'anna', reason: 'called' }
    return this.#interned(this.#orchestration.request(this.#orchestrators.valueOf(orchestrator), request, input & 1))
  })

  readonly #dues = new Interned<Due>()

  readonly #passed = remembered((orchestrator, input) => {
    const due = this.#dues.valueOf(input >> 1)
    return this.#interned(this.#orchestration.time(this.#orchestrators.valueOf(orchestrator), due, input & 1))
  })

  readonly #deliver = remembered((participant, input) => {
    const command = this.#messages.valueOf(input >> 1) as CommandMessage
    const at = this.#scenario.steps.findIndex(({ name }) => name === command.step)
    const before = this.#participants.valueOf(participant)
    return this.#participations[at]!.deliver(before, command, input & 1).map(happening => this.#kept(happening))
  })

  readonly #alone = remembered((participant, input) =>
    this.#participations[input >> 1]!.byItself(this.#participants.valueOf(participant), input & 1).map(happening =>
      this.#kept(happening),
    ),
  )

  readonly #redriven = remembered((participant, at) =>
    this.#participations[at]!.redrives(this.#participants.valueOf(participant)).map(happening => this.#kept(happening)),
  )

  readonly #withMessages = remembered((network, more) => {
    const all = new Set([...this.#networks.valueOf(network), ...this.#networks.valueOf(more)])
    return this.#networks.idOf([...all].toSorted((one, other) => one - other))
  })

  readonly #spent = remembered((left, budget) => {
    const before = this.#budgets.valueOf(left)
    const name = Object.keys(before)[budget] as keyof Budgets
    return this.#budgets.idOf({ ...before, [name]: before[name] - 1 })
  })

  // ── Worlds made of numbers ──────────────────────────────────────────────────────────────────────────────────────────

  #timed(world: World, due: Due, says: string, by: Move<World>['by']): Move<World> {
    const decided = this.#passed(world.orchestrator, this.#dues.idOf(due) * 2 + this.#epochOf(world))
    return this.#decided(world, decided, says, by)
  }

  #decided(world: World, { orchestrator, sent }: KeptDecision, says: string, by: Move<World>['by']): Move<World> {
    const network = sent.length === 0 ? world.network : this.#withMessages(world.network, this.#networks.idOf(sent))
    return { says, by, to: { ...world, orchestrator, network } }
  }

  #happened(world: World, at: number, { says, participant, sent }: KeptHappening, by: Move<World>['by']): Move<World> {
    const network = sent.length === 0 ? world.network : this.#withMessages(world.network, this.#networks.idOf(sent))
    return { says, by, to: { ...world, participants: world.participants.with(at, participant), network } }
  }

  #interned({ orchestrator, sent }: Decided): KeptDecision {
    return { orchestrator: this.#orchestrators.idOf(orchestrator), sent: sent.map(send => this.#messages.idOf(send)) }
  }

  #kept({ says, participant, answers, zombie }: Happening): KeptHappening {
    const sent = answers.map(answer => this.#messages.idOf({ kind: 'answer', ...answer }))
    return { says, participant: this.#participants.idOf(participant), sent, zombie }
  }

  #spend(world: World, budget: keyof Budgets): World {
    return { ...world, left: this.#spent(world.left, Object.keys(this.#scenario.budgets).indexOf(budget)) }
  }

  #epochOf({ left }: World): number {
    return this.#scenario.budgets.windows - this.#budgets.valueOf(left).windows
  }

  #statusOf({ orchestrator }: World): string {
    return this.#orchestrators.valueOf(orchestrator).state.status
  }

  #participantsOf({ participants }: World): readonly Participant[] {
    return participants.map(participant => this.#participants.valueOf(participant))
  }
}

interface KeptDecision {
  readonly orchestrator: number
  readonly sent: readonly number[]
}

interface KeptHappening {
  readonly says: string
  readonly participant: number
  readonly sent: readonly number[]
  readonly zombie: true | undefined
}
