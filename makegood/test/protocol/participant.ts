import { serviceOf } from '../../src/definition/message.ts'
import type { Verdict } from '../../src/engine/judge.ts'
import { answered, closed, dead, handled, newCustody, parked, replaced } from '../../src/engine/record.ts'
import { type CommandMessage, stepIdentity } from '../../src/model/message.ts'
import type { StepAnswer } from '../../src/model/saga-state.ts'
import type { Answer, Custody, Handling } from '../../src/ports/store.ts'
import { clockAt, windowMs } from './orchestrator.ts'
import type { Protocol } from './protocol.ts'
import type { Scenario, StepTraits } from './scenario.ts'

/** Everything on the participants' side of one step: records, the effects of handlers, the provider, and its processes. */
export interface Participant {
  readonly rows: readonly Row[]
  /** What handlers have written in the same transactions as their records. */
  readonly done: number
  readonly undone: number
  /** Keys under which the provider has acted. */
  readonly charged: readonly string[]
  readonly refunded: readonly string[]
  readonly hands: readonly Hand[]
  /** A command that was on record was run again: never. */
  readonly ranAgain: boolean
}

export interface Row {
  readonly service: string
  readonly identity: string
  readonly epoch: number
  readonly handling: Handling
}

/** A claimed message in the hands of a process: what that process knows, and the database does not. */
export interface Hand {
  readonly service: string
  readonly identity: string
  readonly claim: { readonly refusals: number; readonly custody: Custody }
  readonly stage: 'claimed' | 'calling' | Outcome
  readonly key: string
}

type Outcome = 'done' | 'refused' | 'threw'

export interface Happening {
  readonly says: string
  readonly participant: Participant
  readonly answers: readonly StepAnswer[]
  /** It needs a process that lives on without its lease. */
  readonly zombie?: true
}

export const untouched: Participant = {
  rows: [],
  done: 0,
  undone: 0,
  charged: [],
  refunded: [],
  hands: [],
  ranAgain: false,
}

/**
 * What can happen on the participants' side: the real `judge` and the real changes of records, in the order in which
 * `handle-batch.ts` puts them. Each happening is one committed transaction, or one event outside of any.
 */
export class Participation {
  readonly #scenario: Scenario
  readonly #step: StepTraits
  readonly #protocol: Protocol

  constructor(scenario: Scenario, step: StepTraits, protocol: Protocol) {
    this.#scenario = scenario
    this.#step = step
    this.#protocol = protocol
  }

  get #zombies(): boolean {
    return this.#scenario.budgets.zombies > 0
  }

  /** A command arrives, for the first time or again. */
  deliver(before: Participant, command: CommandMessage, epoch: number): readonly Happening[] {
    const custodyFirst = this.#scenario.redelivered ? [false, true] : [false]
    return custodyFirst.flatMap(first => {
      const turn = new Transaction(this.#scenario, this.#step, this.#protocol, before, command, epoch)
      return turn.arrive(first)
    })
  }

  /** What happens here without a message: claims, calls, results, crashes, pruning. */
  byItself(before: Participant, epoch: number): readonly Happening[] {
    return [...this.#claims(before), ...this.#hands(before, epoch), ...this.#pruning(before, epoch)]
  }

  redrives(before: Participant): readonly Happening[] {
    return before.rows.flatMap(row =>
      row.handling.state === 'dead'
        ? [
            change(`an operator redrives the dead letter ${row.identity}`, before, {
              rows: withRow(before.rows, { ...row, handling: { ...row.handling, state: 'parked' } }),
            }),
          ]
        : [],
    )
  }

  #claims(before: Participant): readonly Happening[] {
    return before.rows.flatMap(row => {
      const { custody, refusals, state } = row.handling
      if (state !== 'parked' || custody === undefined) return []
      if (custody.leaseMs > 0) {
        const holder = before.hands.find(
          ({ service, identity, claim }) =>
            service === row.service &&
            identity === row.identity &&
            claim.custody.fence === custody.fence &&
            claim.refusals === refusals,
        )
        // The time limit of a call is shorter than its lease, so no lease ends during a call.
        if (holder?.stage === 'calling' || (holder !== undefined && !this.#zombies)) return []
        const free = { ...row.handling, custody: { ...custody, leaseMs: 0 } }
        const over = change(`the lease of ${row.identity} is over`, before, {
          rows: withRow(before.rows, { ...row, handling: free }),
        })
        return [holder === undefined ? over : { ...over, zombie: true }]
      }
      const claimed = { ...custody, fence: custody.fence + 1, leaseMs: 1 }
      const hand = { ...row, claim: { refusals, custody: claimed }, stage: 'claimed' as const, key: '' }
      return [
        change(`${row.identity} is claimed`, before, {
          rows: withRow(before.rows, { ...row, handling: { ...row.handling, custody: claimed } }),
          hands: [...before.hands, hand],
        }),
      ]
    })
  }

  #hands(before: Participant, epoch: number): readonly Happening[] {
    return before.hands.flatMap(hand => {
      const without = { ...before, hands: before.hands.filter(other => other !== hand) }
      const dies = change(`the process that has ${hand.identity} dies`, without, {})
      if (hand.stage === 'calling') return [...this.#call(before, without, hand, epoch), dies]
      return [...this.#takeUp(without, hand, epoch), dies]
    })
  }

  /** The call is out. Whether the provider acts, and whether its answer comes back, are two things. */
  #call(before: Participant, without: Participant, hand: Hand, epoch: number): readonly Happening[] {
    const isForward = hand.identity.includes('/forward')
    const acted = isForward ? before.charged : before.refunded
    const hasActed = acted.includes(hand.key)
    const hasWork = isForward || before.charged.length > 0
    const acts = change(
      `the provider acts on ${hand.identity}, key ${hand.key}`,
      before,
      isForward ? { charged: [...acted, hand.key].toSorted() } : { refunded: [...acted, hand.key].toSorted() },
    )
    const ends = (stage: Outcome, says: string): readonly Happening[] => {
      const returned = { ...hand, stage }
      if (this.#zombies) return [change(`${hand.identity}: ${says}`, without, { hands: [...without.hands, returned] })]
      return this.#takeUp(without, returned, epoch).map(end => ({
        ...end,
        says: `${hand.identity}: ${says}; ${end.says}`,
      }))
    }
    const mayRefuse = isForward || this.#scenario.compensationsFail
    return [
      ...(hasActed || !hasWork ? [] : [acts]),
      ...(hasActed || !hasWork ? ends('done', 'the call returns') : []),
      ...(!hasActed && mayRefuse ? ends('refused', 'the provider refuses') : []),
      ...ends('threw', 'the call times out'),
    ]
  }

  /** A claimed message, or the result of its call, gets its transaction. */
  #takeUp(without: Participant, hand: Hand, epoch: number): readonly Happening[] {
    const command = JSON.parse(hand.claim.custody.envelope.body) as CommandMessage
    const turn = new Transaction(this.#scenario, this.#step, this.#protocol, without, command, epoch)
    return turn.takeUp(hand)
  }

  #pruning(before: Participant, epoch: number): readonly Happening[] {
    const rows = before.rows.filter(row => row.epoch >= epoch || !prunable.has(row.handling.state))
    return rows.length === before.rows.length
      ? []
      : [change(`the inbox of ${this.#step.name} is pruned`, before, { rows })]
  }
}

const prunable: ReadonlySet<Handling['state']> = new Set(['handled', 'ignored', 'succeeded', 'failed', 'closed'])

/** One transaction about one command, as `handle-batch.ts` makes it. */
class Transaction {
  readonly #scenario: Scenario
  readonly #step: StepTraits
  readonly #protocol: Protocol
  readonly #command: CommandMessage
  readonly #service: string
  readonly #epoch: number
  readonly #identity: string
  readonly #stepIdentity: string
  readonly #isOld: boolean
  readonly #isStepOld: boolean
  #after: Participant
  #answers: readonly StepAnswer[] = []

  constructor(
    scenario: Scenario,
    step: StepTraits,
    protocol: Protocol,
    before: Participant,
    command: CommandMessage,
    epoch: number,
  ) {
    this.#scenario = scenario
    this.#step = step
    this.#protocol = protocol
    this.#after = before
    this.#command = command
    this.#service = serviceOf(command.type)
    this.#epoch = epoch
    this.#identity = protocol.identityOf(command)
    this.#stepIdentity = stepIdentity(command, 'forward')
    const oldest = clockAt(epoch) - windowMs
    this.#isOld = command.firstSentAt < oldest
    this.#isStepOld = command.stepFirstSentAt < oldest
  }

  arrive(custodyFirst: boolean): readonly Happening[] {
    const says = `${this.#identity} ${this.#command.attempt} arrives${custodyFirst ? ', marked as redelivered' : ''}`
    const own = this.#recordOf(this.#identity)
    if (own !== undefined) {
      const verdict = this.#verdict({ own, step: this.#stepRecord(), claimed: false })
      if (verdict.do === 'run') {
        this.#after = { ...this.#after, ranAgain: true }
        return [this.#end(`${says}, and is run again`)]
      }
      return this.#carryOut(verdict, says, false)
    }
    const step = this.#stepRecord()
    if (!this.#isStepOld) {
      const admitted = handled(this.#command.attempt)
      this.#settle(this.#identity, custodyFirst ? parked(admitted, this.#newCustody(), undefined) : admitted)
      this.#admitStep()
      if (custodyFirst) return [this.#end(`${says}, kept in custody`)]
    }
    const verdict = this.#verdict({ own: undefined, step, claimed: false })
    return this.#handle(verdict, says, undefined)
  }

  takeUp(hand: Hand): readonly Happening[] {
    const record = this.#recordOf(this.#identity)
    const says = hand.stage === 'claimed' ? `${this.#identity} is taken up` : `the result is recorded`
    if (!this.#protocol.stillHolds(hand.claim, record)) return [this.#end(`${says}: too late, dropped`)]
    const step = this.#stepRecord()
    if (!this.#isStepOld) this.#admitStep()
    return this.#handle(this.#verdict({ own: record, step, claimed: true }), says, hand)
  }

  #verdict({
    own,
    step,
    claimed,
  }: {
    own: Handling | undefined
    step: Handling | undefined
    claimed: boolean
  }): Verdict {
    const circumstances = { claimed, old: this.#isOld, stepOld: this.#isStepOld }
    return this.#protocol.judge(this.#command, { own, step }, circumstances)
  }

  #handle(verdict: Verdict, says: string, hand: Hand | undefined): readonly Happening[] {
    if (verdict.do !== 'run') return this.#carryOut(verdict, says, hand !== undefined)
    if (this.#recordOf(this.#identity) === undefined) this.#settle(this.#identity, handled(this.#command.attempt))
    if (verdict.step !== undefined) this.#settle(this.#stepIdentity, verdict.step)
    if (!this.#step.call || this.#command.direction === 'close') return this.#run(says, 'done')
    if (hand === undefined || hand.stage === 'claimed') return [this.#beginCall(says)]
    return this.#run(says, hand.stage as Outcome)
  }

  #beginCall(says: string): Happening {
    const record = this.#recordOf(this.#identity) ?? handled(1)
    const at = { now: 1, leaseMs: 1 }
    const begun = this.#protocol.callBegun(record, record.custody ?? this.#newCustody(), at)
    this.#settle(this.#identity, begun)
    const hand: Hand = {
      service: this.#service,
      identity: this.#identity,
      claim: { refusals: begun.refusals, custody: begun.custody ?? this.#newCustody() },
      stage: 'calling',
      key: this.#protocol.providerKeyOf(this.#command, record.refusals),
    }
    if (!this.#protocol.custodyBeforeCall)
      this.#after = { ...this.#after, rows: this.#after.rows.filter(row => row.identity !== this.#identity) }
    this.#after = { ...this.#after, hands: [...this.#after.hands, hand] }
    return this.#end(`${says}, its call begins`)
  }

  /** The handler does it, refuses, or throws; and what throws is parked again, or has used up its attempts. */
  #run(says: string, outcome: Outcome): readonly Happening[] {
    const { direction } = this.#command
    const mayFail = direction === 'forward' || this.#scenario.compensationsFail
    const ways: readonly (() => Happening)[] = [
      ...(outcome === 'done' ? [() => this.#succeed(`${says}, done`)] : []),
      ...(outcome === 'refused' || (outcome === 'done' && !this.#step.call && mayFail)
        ? [() => this.#fail(`${says}, refused`)]
        : []),
      () => this.#park(`${says}, throws and is parked`),
      () => this.#kill(`${says}, throws for the last time: a dead letter`),
    ]
    return this.#each(ways)
  }

  #succeed(says: string): Happening {
    const isForward = this.#command.direction === 'forward'
    this.#after = {
      ...this.#after,
      done: this.#after.done + (isForward ? 1 : 0),
      undone: this.#after.undone + (isForward ? 0 : 1),
    }
    this.#answer({ failure: undefined, payload: isForward ? { reply: 'done' } : undefined })
    return this.#end(says)
  }

  #fail(says: string): Happening {
    this.#answer({ failure: 'REFUSED', payload: undefined })
    return this.#end(says)
  }

  #park(says: string): Happening {
    const record = this.#recordOf(this.#identity) ?? handled(this.#command.attempt)
    this.#settle(this.#identity, parked(record, record.custody ?? this.#newCustody(), undefined))
    return this.#end(says)
  }

  #kill(says: string): Happening {
    const record = this.#recordOf(this.#identity) ?? handled(this.#command.attempt)
    const answer: Answer = { failure: 'UNPROCESSABLE', payload: undefined }
    this.#settle(this.#identity, dead(record, record.custody ?? this.#newCustody(), '', answer))
    this.#reply(Math.max(record.attempt, this.#command.attempt), answer)
    return this.#end(says)
  }

  #carryOut(verdict: Exclude<Verdict, { do: 'run' }>, says: string, claimed: boolean): readonly Happening[] {
    if ('step' in verdict && verdict.step !== undefined) this.#settle(this.#stepIdentity, verdict.step)
    switch (verdict.do) {
      case 'answer':
        this.#answer(verdict.answer)
        return [this.#end(`${says}, answered ${verdict.answer.failure ?? 'that it is done'} without running`)]
      case 'answer again':
        this.#settle(this.#identity, verdict.own)
        this.#reply(this.#command.attempt, verdict.answer)
        return [this.#end(`${says}, answered again`)]
      case 'refuse as expired':
        if (claimed) this.#answer(verdict.answer)
        else this.#reply(this.#command.attempt, verdict.answer)
        return [this.#end(`${says}, refused as expired`)]
      case 'wait': {
        const record = this.#recordOf(this.#identity) ?? handled(this.#command.attempt)
        this.#settle(this.#identity, parked(record, record.custody ?? this.#newCustody(), undefined))
        return [this.#end(`${says}, waits for the call of its step`)]
      }
      case 'replace':
        this.#settle(this.#identity, replaced(verdict.own, this.#newCustody().envelope))
        return [this.#end(`${says}, takes the place of the attempt before`)]
      case 'drop':
        if (verdict.own !== undefined) this.#settle(this.#identity, verdict.own)
        return [this.#end(`${says}, dropped`)]
    }
  }

  #answer(answer: Answer): void {
    const record = this.#recordOf(this.#identity) ?? handled(this.#command.attempt)
    this.#settle(this.#identity, answered(record, answer))
    this.#reply(Math.max(record.attempt, this.#command.attempt), answer)
  }

  #reply(attempt: number, { failure, payload }: Answer): void {
    const { step, direction } = this.#command
    this.#answers = [...this.#answers, { step, direction, attempt, failure, payload }]
  }

  #admitStep(): void {
    if (this.#command.direction === 'forward' || this.#stepRecord() !== undefined) return
    this.#settle(this.#stepIdentity, closed(undefined))
  }

  #stepRecord(): Handling | undefined {
    return this.#command.direction === 'forward' ? undefined : this.#recordOf(this.#stepIdentity)
  }

  #recordOf(identity: string): Handling | undefined {
    return this.#after.rows.find(row => row.service === this.#service && row.identity === identity)?.handling
  }

  #settle(identity: string, handling: Handling): void {
    const row = this.#after.rows.find(other => other.service === this.#service && other.identity === identity)
    const epoch = row?.epoch ?? this.#epoch
    this.#after = {
      ...this.#after,
      rows: withRow(this.#after.rows, { service: this.#service, identity, epoch, handling }),
    }
  }

  #newCustody(): Custody {
    return newCustody({ id: '', address: '', mandatory: true, headers: {}, body: JSON.stringify(this.#command) })
  }

  /** Tries each way from the same beginning. */
  #each(ways: readonly (() => Happening)[]): readonly Happening[] {
    const [after, answers] = [this.#after, this.#answers]
    return ways.map(way => {
      this.#after = after
      this.#answers = answers
      return way()
    })
  }

  #end(says: string): Happening {
    return { says, participant: canonical(this.#after), answers: this.#answers }
  }
}

function change(says: string, before: Participant, changed: Partial<Participant>): Happening {
  return { says, participant: canonical({ ...before, ...changed }), answers: [] }
}

function withRow(rows: readonly Row[], row: Row): readonly Row[] {
  return [...rows.filter(({ service, identity }) => service !== row.service || identity !== row.identity), row]
}

/** Equal for all states that cannot be told apart from now on: pauses, counts of tries and the height of fences go. */
function canonical({ rows, done, undone, charged, refunded, hands, ranAgain }: Participant): Participant {
  const sortedRows = rows
    .map(row => ({
      service: row.service,
      identity: row.identity,
      epoch: row.epoch,
      handling: canonicalHandling(row.handling),
    }))
    .toSorted(byText)
  const holders = hands.map(({ service, identity, claim, stage, key }) => {
    const record = rows.find(row => row.service === service && row.identity === identity)?.handling
    const holds = record?.custody?.fence === claim.custody.fence && record.refusals === claim.refusals
    const custody = canonicalCustody({ ...claim.custody, leaseMs: 0 }, holds ? 1 : 0)
    return { service, identity, claim: { refusals: claim.refusals, custody }, stage, key }
  })
  const sortedHands = [...new Map(holders.map(hand => [JSON.stringify(hand), hand])).values()].toSorted(byText)
  return { rows: sortedRows, done, undone, charged, refunded, hands: sortedHands, ranAgain }
}

function canonicalHandling({ state, attempt, refusals, callBegun, answer, custody }: Handling): Handling {
  return {
    state,
    attempt,
    refusals,
    callBegun,
    answer: answer === undefined ? undefined : { failure: answer.failure, payload: answer.payload },
    custody: custody === undefined ? undefined : canonicalCustody(custody, 1),
    error: undefined,
  }
}

function canonicalCustody({ envelope, leaseMs }: Custody, fence: number): Custody {
  return { envelope, attempts: 1, firstAttemptAt: 1, dueInMs: 0, leaseMs: leaseMs > 0 ? 1 : 0, fence }
}

function byText(one: object, other: object): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
}
