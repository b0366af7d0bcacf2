import { AssertionError } from 'node:assert'
import { inspect, isDeepStrictEqual } from 'node:util'
import { type Command, type Event, type MessageType, serviceOf } from '../definition/message.ts'
import type { Saga } from '../definition/saga.ts'
import { type Schema, validate } from '../definition/schema.ts'
import { decide, notStarted, wakeAtOf } from '../engine/decide.ts'
import type { CommandToSend, Decision, EventToPublish } from '../engine/decision.ts'
import type { EngineFailure } from '../model/failure.ts'
import type { Direction } from '../model/message.ts'
import type { Input, RequestedAction, SagaState, SagaStatus } from '../model/saga-state.ts'

/**
 * Tells a saga's story without any service: what it sends, what is answered, how it ends. The engine's own `decide`
 * decides, time passes when the story says so, and every payload and reply is checked against its schema.
 *
 * Every command that the saga sends is to be told, in any order among those that it sends at once.
 *
 * @example
 * givenSaga(checkout, order)
 *   .sends(reserveStock).whenItReplies(succeeded({ reservationId }))
 *   .sends(chargePayment).whenItReplies(failed('INSUFFICIENT_FUNDS', { balanceCents: 0 }))
 *   .sends(releaseStock).whenItReplies(succeeded())
 *   .endsAs('compensated')
 */
export function givenSaga<Data>(
  definition: Saga<string, Data>,
  data: NoInfer<Data>,
  options: GivenSagaOptions = {},
): GivenSaga {
  checkSchema(`The data of the saga ${definition.name}`, definition.data, data)
  return new Story(definition as Saga, data, options)
}

export interface GivenSagaOptions {
  /** Whether participants on the system's wire can be asked to close a step. @defaultValue true */
  readonly canClose?: boolean
}

/** What can be said of a saga, and what can happen to it. All of it fails with an `AssertionError` that says what was instead. */
export interface GivenSaga {
  /** The command of a step, or of its compensation. A payload is compared if one is given. */
  sends<Payload, Reply, Fails>(
    command: Command<MessageType, Payload, Reply, Fails>,
    payload?: NoInfer<Payload>,
  ): SentCommand<Reply, Fails>
  /** Asks the participant of a step in doubt whether it ran, and not to run it any more if it did not. */
  asksToClose<Payload, Reply, Fails>(command: Command<MessageType, Payload, Reply, Fails>): SentClose<Reply>
  /** Nothing is sent but what was told. */
  sendsNothing(): GivenSaga
  publishes<Payload>(event: Event<MessageType, Payload>, payload?: NoInfer<Payload>): GivenSaga

  /** Deadlines and pauses that end meanwhile have their effect. */
  whenTimePasses(ms: number): GivenSaga
  /** An operator, or the application by `cancel`, asks for something, and it is granted. */
  whenAskedTo(action: RequestedAction): GivenSaga

  /** The saga has this status, and everything that it sent was told. */
  endsAs(status: Exclude<SagaStatus, 'stuck'>): void
  /** The saga waits for a person, with this code as its trouble: `SILENT`, `FAILED`, `UNPROCESSABLE` … */
  endsStuck(code: string): void
}

export interface SentCommand<Reply, Fails> extends GivenSaga {
  whenItReplies(answer: NoInfer<ToldAnswer<Reply, Fails>>): GivenSaga
  /** Time passes until this silence has its effect: doubt, asking again, or a person. */
  whenItStaysSilent(): GivenSaga
}

export interface SentClose<Reply> extends GivenSaga {
  whenItHadRun(reply: NoInfer<Reply>): GivenSaga
  whenItHadNotRun(): GivenSaga
  /** A call outside had begun and its outcome was never recorded. */
  whenNobodyKnows(): GivenSaga
  /** It is older than its participant's inbox remembers. */
  whenItIsForgotten(): GivenSaga
  whenItStaysSilent(): GivenSaga
}

export type ToldAnswer<Reply, Fails> =
  | Succeeded<Reply>
  | { [Code in keyof Fails & string]: Failed<Code, Fails[Code]> }[keyof Fails & string]
  | Failed<EngineFailure, unknown>

export interface Succeeded<Reply> {
  readonly failure: undefined
  readonly payload: Reply
}

export interface Failed<Code extends string, Details> {
  readonly failure: Code
  readonly payload: Details
}

/** The reply of a step that was done. */
export function succeeded(): Succeeded<undefined>
export function succeeded<Reply>(reply: Reply): Succeeded<Reply>
export function succeeded(reply?: unknown): Succeeded<unknown> {
  return { failure: undefined, payload: reply }
}

/** A failure that the command declares, or one of the engine's own: `UNPROCESSABLE`, `EXPIRED`. */
export function failed<const Code extends string>(code: Code): Failed<Code, undefined>
export function failed<const Code extends string, Details>(code: Code, details: Details): Failed<Code, Details>
export function failed(code: string, details?: unknown): Failed<string, unknown> {
  return { failure: code, payload: details }
}

class Story implements GivenSaga {
  readonly #definition: Saga
  readonly #data: unknown
  readonly #canClose: boolean
  #state: SagaState
  #now = Date.UTC(2026, 0, 1)
  #untold: readonly CommandToSend[] = []
  #published: readonly EventToPublish[] = []

  constructor(definition: Saga, data: unknown, { canClose = true }: GivenSagaOptions) {
    this.#definition = definition
    this.#data = data
    this.#canClose = canClose
    this.#state = notStarted(definition, this.#now)
    this.#put({ kind: 'start' })
  }

  sends(command: Command, payload?: unknown): Sent {
    const send = this.#take(command, ['forward', 'compensation'], `send ${command.type}`)
    checkSchema(`What the saga ${this.#definition.name} sends as ${command.type}`, command.payload, send.payload)
    if (payload !== undefined) checkSame(`the payload of ${command.type}`, payload, send.payload)
    return new Sent(this, command, send)
  }

  asksToClose(command: Command): Sent {
    return new Sent(
      this,
      command,
      this.#take(command, ['close'], `ask ${serviceOf(command.type)} to close ${command.type}`),
    )
  }

  sendsNothing(): this {
    if (this.#untold.length > 0)
      throw wrong(`The saga ${this.#definition.name} was to send nothing more, but ${this.#whatItSent()}.`)
    return this
  }

  publishes(event: Event, payload?: unknown): this {
    const published = this.#published.find(({ type }) => type === event.type)
    if (published === undefined) {
      const types = this.#published.map(({ type }) => type)
      throw wrong(
        `The saga ${this.#definition.name} was to publish ${event.type}, but it published ${list(types)}.`,
        event.type,
        types,
      )
    }
    this.#published = this.#published.filter(other => other !== published)
    checkSchema(`What the saga ${this.#definition.name} publishes as ${event.type}`, event.payload, published.payload)
    if (payload !== undefined) checkSame(`the payload of ${event.type}`, payload, published.payload)
    return this
  }

  whenTimePasses(ms: number): this {
    this.#passTo(this.#now + ms)
    return this
  }

  whenAskedTo(action: RequestedAction): this {
    const { refused } = this.#put({ kind: 'request', action, by: 'operator', reason: 'asked for in a test' })
    if (refused !== undefined) throw wrong(`The saga ${this.#definition.name} cannot ${action.kind}: ${refused}`)
    return this
  }

  endsAs(status: Exclude<SagaStatus, 'stuck'>): void {
    this.#expectStatus(status)
    this.sendsNothing()
  }

  endsStuck(code: string): void {
    this.#expectStatus('stuck')
    const { trouble } = this.#state as SagaState & { status: 'stuck' }
    if (trouble.code !== code)
      throw wrong(
        `The saga ${this.#definition.name} was to be stuck with ${code}, but is with ${trouble.code}: ${trouble.says}`,
        code,
        trouble.code,
      )
    this.sendsNothing()
  }

  answer({ step, direction, attempt }: CommandToSend, failure: string | undefined, payload: unknown): this {
    this.#put({ kind: 'answer', step, direction, attempt, failure, payload })
    return this
  }

  /** Until the command has had no answer for as long as the saga waits for one. */
  staySilent({ step, direction }: CommandToSend): this {
    const state = this.#state
    if (state.status !== 'running' && state.status !== 'compensating') return this
    const waiting = state.steps[step]
    const asking = direction === 'forward' || waiting?.back === undefined ? waiting?.forward : waiting.back
    if (asking !== undefined && 'ask' in asking) this.#passTo(asking.ask.wakeAt)
    return this
  }

  #passTo(until: number): void {
    for (let at = wakeAtOf(this.#state); at !== undefined && at <= until; at = wakeAtOf(this.#state)) {
      this.#now = Math.max(at, this.#now)
      this.#put({ kind: 'time' })
    }
    this.#now = Math.max(until, this.#now)
  }

  #put(input: Input): Decision {
    const decided = { definition: this.#definition, data: this.#data }
    const decision = decide(decided, this.#state, input, { now: this.#now, canClose: this.#canClose })
    this.#state = decision.state
    this.#untold = [...this.#untold, ...decision.send]
    this.#published = [...this.#published, ...decision.publish]
    return decision
  }

  #take(command: Command, directions: readonly Direction[], what: string): CommandToSend {
    const send = this.#untold.find(({ type, direction }) => type === command.type && directions.includes(direction))
    if (send === undefined)
      throw wrong(
        `The saga ${this.#definition.name} was to ${what}, but ${this.#whatItSent()}.`,
        command.type,
        this.#untold.map(({ type }) => type),
      )
    this.#untold = this.#untold.filter(other => other !== send)
    return send
  }

  #expectStatus(status: SagaStatus): void {
    if (this.#state.status === status) return
    throw wrong(
      `The saga ${this.#definition.name} was to end ${status}, but ${this.#whatItSent()}.`,
      status,
      this.#state.status,
    )
  }

  #whatItSent(): string {
    if (this.#untold.length === 0) return `it sent nothing; it is ${statusOf(this.#state)}`
    const sent = this.#untold.map(({ type, direction, payload }) =>
      direction === 'close' ? `asked to close ${type}` : `sent ${type} ${inspect(payload, { depth: 5 })}`,
    )
    return `it ${sent.join(', and ')}`
  }
}

/** One command that was sent; whatever else is said goes on with the story. */
class Sent implements SentCommand<unknown, unknown>, SentClose<unknown> {
  readonly #story: Story
  readonly #command: Command
  readonly #send: CommandToSend

  constructor(story: Story, command: Command, send: CommandToSend) {
    this.#story = story
    this.#command = command
    this.#send = send
  }

  whenItReplies({ failure, payload }: { failure: string | undefined; payload: unknown }): GivenSaga {
    const { reply, failures, type } = this.#command
    const schema = failure === undefined ? reply : (failures as { readonly [code: string]: Schema<unknown> })[failure]
    if (schema !== undefined) checkSchema(`The answer to ${type}`, schema, payload)
    return this.#story.answer(this.#send, failure, payload)
  }

  whenItHadRun(reply: unknown): GivenSaga {
    return this.whenItReplies({ failure: undefined, payload: reply })
  }

  whenItHadNotRun(): GivenSaga {
    return this.#story.answer(this.#send, 'CLOSED', undefined)
  }

  whenNobodyKnows(): GivenSaga {
    return this.#story.answer(this.#send, 'IN_DOUBT', undefined)
  }

  whenItIsForgotten(): GivenSaga {
    return this.#story.answer(this.#send, 'EXPIRED', undefined)
  }

  whenItStaysSilent(): GivenSaga {
    return this.#story.staySilent(this.#send)
  }

  sends(command: Command<any, any, any, any>, payload?: unknown): Sent {
    return this.#story.sends(command, payload)
  }

  asksToClose(command: Command<any, any, any, any>): Sent {
    return this.#story.asksToClose(command)
  }

  sendsNothing(): GivenSaga {
    return this.#story.sendsNothing()
  }

  publishes(event: Event<any, any>, payload?: unknown): GivenSaga {
    return this.#story.publishes(event, payload)
  }

  whenTimePasses(ms: number): GivenSaga {
    return this.#story.whenTimePasses(ms)
  }

  whenAskedTo(action: RequestedAction): GivenSaga {
    return this.#story.whenAskedTo(action)
  }

  endsAs(status: Exclude<SagaStatus, 'stuck'>): void {
    this.#story.endsAs(status)
  }

  endsStuck(code: string): void {
    this.#story.endsStuck(code)
  }
}

function statusOf(state: SagaState): string {
  switch (state.status) {
    case 'compensating':
    case 'compensated':
      return `${state.status} because of ${state.cause.step}: ${state.cause.code}`
    case 'stuck':
      return `stuck with ${state.trouble.code}: ${state.trouble.says}`
    case 'running':
    case 'completed':
    case 'abandoned':
      return state.status
  }
}

/** A schema that answers only later cannot be asked here. */
function checkSchema(what: string, schema: Schema<unknown>, value: unknown): void {
  const verdict = validate(schema, value)
  if (verdict instanceof Promise || verdict.issues === undefined) return
  throw wrong(`${what} does not match its schema: ${verdict.issues}.`)
}

function checkSame(what: string, expected: unknown, actual: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return
  throw wrong(
    `It is not ${what}: expected ${inspect(expected, { depth: 5 })}, but it is ${inspect(actual, { depth: 5 })}.`,
    expected,
    actual,
  )
}

function wrong(message: string, expected?: unknown, actual?: unknown): AssertionError {
  return new AssertionError({ message, expected, actual })
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'nothing' : words.join(', ')
}
