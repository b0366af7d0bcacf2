import type { Handler, Reaction, ReceivedMessage } from '../definition/participant.ts'
import { validate } from '../definition/schema.ts'
import { MakegoodError } from '../model/errors.ts'
import type { CommandMessage } from '../model/message.ts'
import type { Answer } from '../ports/store.ts'
import { fail, GivenAnswer, givenAnswer, reject, succeed } from './answers.ts'
import type { Change } from './change.ts'
import type { Engine } from './engine.ts'
import { whileHandling } from './handling.ts'
import { originIn } from './outgoing.ts'
import { withTimeLimit } from './time-limit.ts'
import { UserTransaction } from './user-transaction.ts'
import { messageOf, receivedFrom, type Work } from './work.ts'

/** How long a handler may take that does not say. */
export const handlerMsMax = 5_000

/** What became of running user code. If it is not done, everything that it wrote and sent is taken back. */
export type Outcome<Result> =
  | { readonly is: 'done'; readonly result: Result }
  | { readonly is: 'refused'; readonly result: Result & GivenAnswer }
  | { readonly is: 'thrown'; readonly error: unknown }

/** Runs what users wrote, inside savepoints: what a run that failed has written and sent is taken back. */
export class Running {
  readonly #engine: Engine
  readonly #change: Change

  constructor(engine: Engine, change: Change) {
    this.#engine = engine
    this.#change = change
  }

  /** A command's handler, or the part of it that records the result of its call. */
  async answer(
    item: Work,
    command: CommandMessage,
    handler: Handler<unknown>,
    tx: UserTransaction<unknown>,
  ): Promise<GivenAnswer> {
    const message = receivedFrom(command, item)
    const context = { tx, message, succeed, fail, reject, payload: command.payload }
    const first = item.called?.kind === 'returned' ? item.called.result : command.payload
    const written = handler.handler as (first: unknown, context: unknown) => Promise<unknown>
    const given = givenAnswer(await this.#limited(item, handler, message, () => written(first, context)), command.type)
    await checkAnswer(handler, given.answer)
    return given
  }

  react(item: Work, reaction: Reaction<unknown>, tx: UserTransaction<unknown>): Promise<void> {
    const event = messageOf(item)!
    const message = receivedFrom(event, item)
    const react = reaction.react as (payload: unknown, context: unknown) => Promise<void>
    return this.#limited(item, reaction, message, () => react(event.payload, { tx, message, reject }))
  }

  /** @throws what is no fault of the user's code */
  async alone<Result>(item: Work, run: (tx: UserTransaction<unknown>) => Promise<Result>): Promise<Outcome<Result>> {
    const [outcome] = await this.together([{ item, run }])
    return outcome!
  }

  /**
   * Runs several side by side in one savepoint: their round trips hold up nobody else. Either all are done, or all is
   * taken back, also of those that are said to be done.
   * @throws as `alone` does
   */
  async together<Result>(
    runs: readonly { readonly item: Work; readonly run: (tx: UserTransaction<unknown>) => Promise<Result> }[],
  ): Promise<readonly Outcome<Result>[]> {
    const takeBack = this.#mark()
    const savepoint = this.#change.tx.savepoint()
    const outcomes = await Promise.all(
      runs.map(async ({ item, run }): Promise<Outcome<Result>> => {
        const user = this.#userTransaction(item, savepoint.db)
        try {
          const result = await run(user)
          return isRefusal(result) ? { is: 'refused', result } : { is: 'done', result }
        } catch (error) {
          return { is: 'thrown', error }
        } finally {
          user.close()
        }
      }),
    )
    if (outcomes.every(({ is }) => is === 'done')) {
      savepoint.release()
      return outcomes
    }
    takeBack()
    const { failed } = savepoint
    await savepoint.rollback()
    for (const outcome of outcomes) if (outcome.is === 'thrown' && this.#isOurs(outcome.error)) throw outcome.error
    // When one's statement has failed, those of the others do too: what they made of that says nothing of themselves.
    if (failed === undefined || runs.length === 1) return outcomes
    return outcomes.map(outcome => (outcome.is === 'refused' ? { is: 'thrown', error: failed.error } : outcome))
  }

  /** No fault of the user's code: a database that is away, a conflict. */
  #isOurs(error: unknown): boolean {
    return this.#engine.store.classify(error) !== 'other'
  }

  #limited<Result>(
    item: Work,
    limits: { readonly handlerMsMax?: number },
    message: ReceivedMessage,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const { engine, name } = { engine: this.#engine, name: messageOf(item)?.type ?? item.identity }
    const limitMs = limits.handlerMsMax ?? handlerMsMax
    return engine.telemetry.span(
      { name, parent: messageOf(item)?.headers ?? {}, attributes: { 'makegood.message': item.envelope.id } },
      () =>
        whileHandling(engine, async () => {
          let result: Result | undefined
          const wrapped = engine.around(message, async () => {
            result = await work()
          })
          await withTimeLimit(
            wrapped,
            limitMs,
            () => new MakegoodError('HANDLER_TIMEOUT', `The handler of ${name} took longer than ${limitMs} ms.`),
          )
          return result as Result
        }),
    )
  }

  #userTransaction(item: Work, db: unknown): UserTransaction<unknown> {
    const { tx, outgoing, orchestration } = this.#change
    const message = messageOf(item)
    return new UserTransaction(this.#engine, tx, {
      db,
      outgoing,
      orchestration,
      sagaId: message?.kind === 'event' || message?.kind === 'command' ? message.sagaId : undefined,
      ...(message === undefined ? {} : { origin: originIn(message) }),
    })
  }

  #mark(): () => void {
    const marks = [this.#change.outgoing.mark(), this.#change.orchestration.mark()]
    return () => {
      for (const takeBack of marks) takeBack()
    }
  }
}

function isRefusal<Result>(result: Result): result is Result & GivenAnswer {
  return result instanceof GivenAnswer && result.answer.failure !== undefined
}

async function checkAnswer({ command }: Handler<unknown>, { failure, payload }: Answer): Promise<void> {
  const failures = command.failures as { readonly [code: string]: typeof command.reply }
  const schema =
    failure === undefined ? command.reply : Object.hasOwn(failures, failure) ? failures[failure] : undefined
  if (schema === undefined)
    throw new MakegoodError('PAYLOAD_INVALID', `The command ${command.type} declares no failure ${failure}.`)
  const result = await validate(schema, payload)
  if (result.issues !== undefined)
    throw new MakegoodError(
      'PAYLOAD_INVALID',
      `The answer to ${command.type} does not match its schema: ${result.issues}`,
    )
}
