import type { Headers } from '../model/message.ts'
import type { Command, Event, MessageType } from './message.ts'
import { invalid } from './naming.ts'
import type { Tx } from './transaction.ts'

/**
 * The words with which one service writes its handlers, typed by what its store gives as `tx.db`.
 *
 * @example
 * const { handle, callThenRecord, on } = handlersFor<Kysely<InventoryTables>>()
 */
export function handlersFor<Db>(): HandlersFor<Db> {
  return {
    handle: (command, handler, limits) => checkedHandler({ ...limits, kind: 'handler', command, handler }) as never,
    callThenRecord: (command, { record, ...call }) =>
      checkedHandler({ ...call, kind: 'handler', command, handler: record }) as never,
    on: (event, react, limits) => checkedReaction({ ...limits, kind: 'reaction', event, react }) as never,
  }
}

export interface HandlersFor<Db> {
  /** Answers a command inside one transaction of this service's database. */
  handle<Payload, Reply, Fails>(
    command: Command<MessageType, Payload, Reply, Fails>,
    handler: (payload: Payload, context: HandlerContext<Db, Reply, Fails>) => Promise<Answer<Reply, Fails>>,
    limits?: HandlerLimits<Payload>,
  ): Handler<Db>

  /**
   * Answers a command that needs a system outside: `call` runs before the transaction and is made at least once, with
   * a key that lets the other side do it once; `record` takes its result into the transaction and answers.
   */
  callThenRecord<Payload, Reply, Fails, Result>(
    command: Command<MessageType, Payload, Reply, Fails>,
    parts: HandlerLimits<Payload> & {
      readonly call: (payload: Payload, context: CallContext) => Promise<Result>
      /** How long one call may take, in milliseconds, up to 600 000. @defaultValue 10 000 */
      readonly callMsMax?: number
      /** How many calls this handler makes at the same time, up to 1 000. @defaultValue 16 */
      readonly callsMax?: number
      readonly record: (
        result: NoInfer<Result>,
        context: RecordContext<Db, Payload, Reply, Fails>,
      ) => Promise<Answer<Reply, Fails>>
    },
  ): Handler<Db>

  /** Reacts to an event inside one transaction of this service's database. */
  on<Payload>(
    event: Event<MessageType, Payload>,
    react: (payload: Payload, context: ReactionContext<Db>) => Promise<void>,
    limits?: ReactionLimits<Payload>,
  ): Reaction<Db>
}

export interface ReactionLimits<Payload> extends HandlerLimits<Payload> {
  /**
   * Whether events that were published with the same key are handled one after the other, in the order of their
   * commits, and held back behind one that is parked. The service's queue is then read by one process at a time
   * (protocol, rule 23). @defaultValue false
   */
  readonly inOrder?: boolean
}

export interface HandlerLimits<Payload> {
  /**
   * The rows that the handler will touch, by names of the user's choosing: a batch locks all of them first, sorted, so
   * that replicas neither wait for each other without need nor deadlock. Handlers of one batch with different keys
   * run side by side on one connection: they may be begun again in the same transaction, and may not set savepoints
   * of their own. Without it, batches with this handler are taken one at a time per service and database, and its
   * messages one after the other (protocol, rule 18).
   */
  readonly keys?: (payload: Payload) => readonly string[]
  /** How long the transactional part may take, in milliseconds, up to 60 000. @defaultValue 5 000 */
  readonly handlerMsMax?: number
}

export interface ReactionContext<Db> {
  readonly tx: Tx<Db>
  readonly message: ReceivedMessage
  /**
   * Trying it again is of no use: what was written is rolled back, and the message is a dead letter at once, with
   * `REJECTED` and this reason. A command is answered `UNPROCESSABLE`; to refuse one as its business, `fail`.
   */
  readonly reject: (reason: string) => never
}

export interface HandlerContext<Db, Reply, Fails> extends ReactionContext<Db> {
  readonly succeed: Succeed<Reply, Fails>
  /** Refuses the command. What the handler wrote is rolled back; `record` runs after that and stays. */
  readonly fail: Fail<Db, Reply, Fails>
}

export interface RecordContext<Db, Payload, Reply, Fails> extends HandlerContext<Db, Reply, Fails> {
  readonly payload: Payload
}

export interface CallContext {
  /**
   * The idempotency key to hand to the other side: saga, step, direction and the number of recorded refusals, so that
   * a call that is made again is the same call, and one after a refusal is a new one (protocol, rule 15).
   */
  readonly key: string
  /** Aborted when the time for the call is over. */
  readonly signal: AbortSignal
  readonly message: ReceivedMessage
}

export interface ReceivedMessage {
  readonly id: string
  readonly type: MessageType
  readonly sagaId: string | undefined
  readonly correlationId: string
  readonly causationId: string | undefined
  /** How many times handling it was tried, this one included. */
  readonly attempt: number
  readonly sentAt: Date
  /** What travels with it from message to message: tenant, user, trace. */
  readonly headers: Headers
}

/** What a handler returns; only `succeed` and `fail` can make one. */
export interface Answer<Reply, Fails> {
  readonly [answer]: { readonly reply: Reply; readonly fails: Fails }
}
declare const answer: unique symbol

export type Succeed<Reply, Fails> = (
  ...reply: undefined extends Reply ? [reply?: Reply] : [reply: Reply]
) => Answer<Reply, Fails>

export type Fail<Db, Reply, Fails> = [keyof Fails] extends [never]
  ? (code: 'this command declares no failures', ...rest: unknown[]) => Answer<Reply, Fails>
  : <const Code extends keyof Fails & string>(
      code: Code,
      ...rest: undefined extends Fails[Code]
        ? [details?: Fails[Code], options?: FailOptions<Db>]
        : [details: Fails[Code], options?: FailOptions<Db>]
    ) => Answer<Reply, Fails>

export interface FailOptions<Db> {
  /** Written although the command is refused: the record of the refusal. */
  readonly record: (tx: Tx<Db>) => Promise<unknown>
}

export interface Handler<Db> extends NeedsDb<Db>, HostedLimits {
  readonly kind: 'handler'
  readonly command: Command
  /** Runs before the transaction; its result is then the first argument of `handler`. */
  readonly call?: (...args: never[]) => Promise<unknown>
  readonly callMsMax?: number
  readonly callsMax?: number
  readonly handler: (...args: never[]) => Promise<unknown>
}

interface HostedLimits {
  readonly keys?: (payload: never) => readonly string[]
  readonly handlerMsMax?: number
}

export interface Reaction<Db> extends NeedsDb<Db>, HostedLimits {
  readonly kind: 'reaction'
  readonly event: Event
  readonly react: (...args: never[]) => Promise<void>
  readonly inOrder?: boolean
}

/** Exists for the compiler only: a service whose store gives another `tx.db` cannot host it. */
export interface NeedsDb<Db> {
  readonly [needsDb]: (db: Db) => void
}
declare const needsDb: unique symbol

type Written<Hosted> = Omit<Hosted, keyof NeedsDb<never>>

function checkedHandler(handler: Written<Handler<never>>): object {
  if (handler.command?.kind !== 'command') throw invalid('Handler', 'a handler names a command, made by command(…)')
  const where = `Handler of ${handler.command.type}`
  if (typeof handler.handler !== 'function') throw invalid(where, 'what answers the command is a function')
  if (handler.call !== undefined && typeof handler.call !== 'function') throw invalid(where, '`call` is a function')
  checkLimit(where, 'callMsMax', handler.callMsMax, 10 * 60_000)
  checkLimit(where, 'callsMax', handler.callsMax, 1_000)
  checkLimits(where, handler)
  return Object.freeze(handler)
}

function checkedReaction(reaction: Written<Reaction<never>>): object {
  if (reaction.event?.kind !== 'event') throw invalid('Reaction', 'a reaction names an event, made by event(…)')
  const where = `Reaction to ${reaction.event.type}`
  if (typeof reaction.react !== 'function') throw invalid(where, 'what reacts to the event is a function')
  checkLimits(where, reaction)
  return Object.freeze(reaction)
}

function checkLimits(where: string, { keys, handlerMsMax }: HostedLimits): void {
  if (keys !== undefined && typeof keys !== 'function') throw invalid(where, '`keys` is a function')
  checkLimit(where, 'handlerMsMax', handlerMsMax, 60_000)
}

function checkLimit(where: string, name: string, value: number | undefined, to: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= to)) return
  throw invalid(where, `${name} is a whole number from 1 to ${to}, not ${value}`)
}
