import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../../runner/database.ts'
import { fromCents } from '../money.ts'

/**
 * A provider outside, simulated: the bank, the carrier, the mail service. As real ones do, it answers late, it answers
 * the same request (by its key) always the same, and it keeps its own books, written before it answers.
 */
export class Provider {
  readonly #books: Database
  readonly #behaviour: () => ProviderBehaviour

  constructor(books: Database, behaviour: () => ProviderBehaviour) {
    this.#books = books
    this.#behaviour = behaviour
  }

  /** Does something for an order; refuses at the failure rate, and what has been undone before. */
  async do(request: ProviderRequest, signal: AbortSignal): Promise<ProviderAnswer> {
    const { delayMs, failureRate, refusal } = this.#behaviour()
    return this.#answer(request, delayMs, signal, earlier => {
      if (earlier.some(({ kind }) => kind === request.undoneBy)) return refused(`The ${request.kind} was called off`)
      if (Math.random() < failureRate) return refused(refusal)
      return { outcome: 'done', reference: reference(request.kind), amountCents: request.amountCents }
    })
  }

  /** Undoes all of a kind that was done for an order; if that is nothing, it never will be done. */
  async undo(request: UndoRequest, signal: AbortSignal): Promise<ProviderAnswer> {
    const { undoDelayMs, undoFailureRate, undoRefusal } = this.#behaviour()
    return this.#answer(request, undoDelayMs, signal, earlier => {
      if (Math.random() < undoFailureRate) return refused(undoRefusal)
      const sum = (kind: string) =>
        earlier.filter(by => by.kind === kind).reduce((cents, by) => cents + by.amountCents, 0)
      return {
        outcome: 'done',
        reference: reference(request.kind),
        amountCents: sum(request.undoes) - sum(request.kind),
      }
    })
  }

  async #answer(
    { key, kind, orderId }: Pick<ProviderRequest | UndoRequest, 'key' | 'kind' | 'orderId'>,
    delayMs: number,
    signal: AbortSignal,
    decide: (earlier: readonly Done[]) => ProviderAnswer,
  ): Promise<ProviderAnswer> {
    await sleep(delayMs, undefined, { signal })
    return this.#books.transaction(async db => {
      await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`provider of ${orderId}`])
      const { rows: earlier } = await db.query<ProviderRow>(requestsOfOrder, [orderId])
      const known = earlier.find(request => request.key === key)
      if (known !== undefined) return answerIn(known)
      const answer = decide(earlier.filter(({ outcome }) => outcome === 'done'))
      const { outcome } = answer
      const [amount, ref, reason] =
        outcome === 'done' ? [fromCents(answer.amountCents), answer.reference, null] : [0, null, answer.reason]
      await db.query(enterRequest, [key, kind, orderId, amount, outcome, ref, reason])
      return answer
    })
  }
}

export interface ProviderBehaviour {
  readonly delayMs: number
  readonly failureRate: number
  readonly refusal: string
  readonly undoDelayMs: number
  readonly undoFailureRate: number
  readonly undoRefusal: string
}

export interface ProviderRequest {
  /** The same key is the same request. */
  readonly key: string
  readonly kind: 'charge' | 'shipment' | 'notification'
  readonly undoneBy?: 'refund' | 'cancellation'
  readonly orderId: string
  readonly amountCents: number
}

export interface UndoRequest {
  readonly key: string
  readonly kind: 'refund' | 'cancellation'
  readonly undoes: 'charge' | 'shipment'
  readonly orderId: string
}

export type ProviderAnswer =
  | { readonly outcome: 'done'; readonly reference: string; readonly amountCents: number }
  | { readonly outcome: 'refused'; readonly reason: string }

const requestsOfOrder = `
  select key, kind, outcome, reference, reason, (amount * 100)::float8 as "amountCents"
  from provider_requests
  where order_id = $1
`

const enterRequest = `
  insert into provider_requests (key, kind, order_id, amount, outcome, reference, reason)
  values ($1, $2, $3, $4, $5, $6, $7)
`

interface Done {
  readonly kind: string
  readonly amountCents: number
}

interface ProviderRow extends Done {
  readonly key: string
  readonly outcome: 'done' | 'refused'
  readonly reference: string | null
  readonly reason: string | null
}

function answerIn({ outcome, reference, reason, amountCents }: ProviderRow): ProviderAnswer {
  return outcome === 'done' ? { outcome, reference: reference ?? '', amountCents } : refused(reason ?? '')
}

function refused(reason: string): ProviderAnswer {
  return { outcome: 'refused', reason }
}

function reference(kind: 'charge' | 'refund' | 'shipment' | 'cancellation' | 'notification'): string {
  const prefixes = { charge: 'TXN', refund: 'RREF', shipment: 'TRK', cancellation: 'CAN', notification: 'MSG' }
  return `${prefixes[kind]}_${randomBytes(8).toString('hex')}`
}
