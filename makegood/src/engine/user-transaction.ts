import { uuidv7 } from 'uuidv7'
import type { Event, MessageType } from '../definition/message.ts'
import type { Saga } from '../definition/saga.ts'
import { validate } from '../definition/schema.ts'
import type { PublishOptions, StartOptions, Tx } from '../definition/transaction.ts'
import { MakegoodError } from '../model/errors.ts'
import type { Headers } from '../model/message.ts'
import type { StoreTransaction } from '../ports/store.ts'
import type { Engine } from './engine.ts'
import type { Orchestration } from './orchestration.ts'
import type { Origin, Outgoing } from './outgoing.ts'
import { sagaStartFor } from './saga-starts.ts'
import { storable } from './storable.ts'

export interface Made<Db> {
  readonly db: Db
  readonly outgoing: Outgoing
  readonly orchestration: Orchestration
  /** What the messages follow from; by default they begin something. */
  readonly origin?: Origin
  readonly sagaId?: string | undefined
}

/** What a user's code may do in a transaction, until it has answered. */
export class UserTransaction<Db> implements Tx<Db> {
  readonly #engine: Engine
  readonly #tx: StoreTransaction<Db>
  readonly #db: Db
  readonly #outgoing: Outgoing
  readonly #orchestration: Orchestration
  readonly #origin: Origin | undefined
  readonly #sagaId: string | undefined
  #open = true

  constructor(engine: Engine, tx: StoreTransaction<Db>, made: Made<Db>) {
    this.#engine = engine
    this.#tx = tx
    this.#db = made.db
    this.#outgoing = made.outgoing
    this.#orchestration = made.orchestration
    this.#origin = made.origin
    this.#sagaId = made.sagaId
  }

  get db(): Db {
    this.#check()
    return this.#db
  }

  async publish<Payload>(
    event: Event<MessageType, Payload>,
    payload: Payload,
    { sagaId = this.#sagaId, key, headers }: PublishOptions = {},
  ): Promise<{ readonly messageId: string }> {
    this.#check()
    if (key !== undefined && (key === '' || key !== storable(key)))
      throw new MakegoodError(
        'OPTION_INVALID',
        `The key of ${event.type} is not 1 to 200 characters that can be stored.`,
      )
    const sent = await validPayload(event, payload)
    this.#check()
    return { messageId: this.#outgoing.event(event.type, sent, { sagaId, key }, this.#originFor(sagaId, headers)) }
  }

  async start<Data>(
    saga: Saga<string, Data>,
    data: Data,
    { key, headers }: StartOptions,
  ): Promise<{ readonly sagaId: string; readonly isNew: boolean }> {
    this.#check()
    const asked = { definition: saga as Saga, data, key }
    const start = await sagaStartFor(this.#engine, asked, sagaId => this.#originFor(sagaId, headers))
    this.#check()
    const [started] = await this.#orchestration.start(this.#tx, [start])
    return started!
  }

  /** From now on every use is an error: the handler has answered. */
  close(): void {
    this.#open = false
  }

  #originFor(sagaId: string | undefined, headers: Headers = {}): Origin {
    const origin = this.#origin ?? { correlationId: sagaId ?? uuidv7(), causationId: undefined, headers: {} }
    return { ...origin, headers: { ...origin.headers, ...headers } }
  }

  #check(): void {
    if (!this.#open)
      throw new MakegoodError(
        'TRANSACTION_CLOSED',
        `${this.#engine.service}: a transaction was used after its handler had answered. Await what it does before you answer.`,
      )
  }
}

/** @throws MakegoodError `PAYLOAD_INVALID` */
export async function validPayload(event: Event, payload: unknown): Promise<unknown> {
  const result = await validate(event.payload, payload)
  if (result.issues === undefined) return result.value
  throw new MakegoodError(
    'PAYLOAD_INVALID',
    `What was given for ${event.type} does not match its schema: ${result.issues}`,
  )
}
