import { MakegoodError } from '../model/errors.ts'
import { changesAt, type Told } from './client-changes.ts'
import {
  type Asked,
  Place,
  RefusedError,
  type ServiceAddress,
  type Unreachable,
  UnreachableError,
} from './client-place.ts'
import {
  type ActOnDeadLetters,
  type ActOnSagas,
  type AuditList,
  type AuditQuery,
  type ByService,
  type Caller,
  type DeadLetterActionResults,
  type Definitions,
  type Failures,
  type InboxView,
  type MessageList,
  type MessageQuery,
  type Outcome,
  type Pace,
  type ParticipationQuery,
  type Participations,
  type Pruned,
  type PruneRequest,
  type Reveal,
  type Route,
  routes,
  type SagaActionResult,
  type SagaActionResults,
  type SagaCounts,
  type SagaInFull,
  type SagaItem,
  type SagaList,
  type SagaQuery,
  type ServiceView,
} from './contract.ts'

export type { Told } from './client-changes.ts'
export {
  RefusedError,
  refusesCaller,
  type ServiceAddress,
  type Unreachable,
  UnreachableError,
} from './client-place.ts'

export interface OperationsClientOptions {
  /**
   * Where the services of one system answer. An address may answer for several services, and several addresses for one:
   * what has the same name is the same service, in processes that share a database.
   */
  readonly services: readonly ServiceAddress[]
  /** How long one address may take to answer a question, in milliseconds, from 100 to 60 000. @defaultValue 5000 */
  readonly timeoutMs?: number
  /** How long one may take for an action, in milliseconds, from 100 to 600 000. @defaultValue 60000 */
  readonly actionTimeoutMs?: number
}

/** What those say that answered, and which did not. */
export type Found<Body> = Body & { readonly unreachable: readonly Unreachable[] }

/** A service's part of the answer, and who gave it. */
export type Part<Group> = Group & { readonly service: string; readonly url: string }

/** One part for each service. */
export type Parts<Group> = Found<{ readonly services: readonly Part<Group>[] }>

/** The page of one service, and its failure groups, name the service; what is left out of a query is not asked for. */
export interface InService {
  readonly service?: string
}

/**
 * Asks all services of a system at once, over HTTP, and puts their answers together. One that is away, or refuses the
 * caller, keeps nobody from what the others know: it is named under `unreachable`.
 *
 * A question that is itself wrong is thrown, as `RefusedError` or `MakegoodError` with `OPTION_INVALID`.
 */
export interface OperationsClient {
  me(): Promise<Found<{ readonly callers: readonly (Caller & { readonly url: string })[] }>>
  /** Each process's own view: one part for each service and address. */
  services(): Promise<Parts<ServiceView>>
  sagas(query?: SagaQuery): Promise<Parts<SagaList>>
  sagaCounts(query?: InService): Promise<Parts<SagaCounts>>
  /** Wherever it is, with the messages that all services received of it, oldest first. Undefined if nobody has it. */
  saga(id: string, reveal?: Reveal): Promise<Found<{ readonly saga: SagaFound | undefined }>>
  /** Sagas of whose steps a service was asked for one, wherever they are. */
  participations(query: ParticipationQuery): Promise<Parts<Participations>>
  definitions(query?: InService): Promise<Parts<Definitions>>
  failures(query?: InService): Promise<Parts<Failures>>
  deadLetters(query?: MessageQuery & Reveal): Promise<Parts<MessageList>>
  parked(query?: MessageQuery & Reveal): Promise<Parts<MessageList>>
  pace(query?: InService): Promise<Parts<Pace>>
  audit(query?: AuditQuery): Promise<Parts<AuditList>>
  /** What each address tells, until `signal` is aborted. It connects again by itself. */
  changes(options?: { readonly saga?: string; readonly signal?: AbortSignal }): AsyncIterable<Told>
  /**
   * Each saga is looked for with a dry run, which writes nothing, and then acted on at the one address that has it: two
   * processes of a service never both do it. Of what got no answer it is not known whether it was done; it says so.
   */
  actOnSagas(request: ActOnSagas): Promise<Found<SagaActionResults>>
  /** @throws UnreachableError if the service does not answer: whether it was done is not known then */
  actOnDeadLetters(request: ActOnDeadLetters): Promise<DeadLetterActionResults>
  /** At every address. */
  prune(request: PruneRequest): Promise<Found<{ readonly pruned: readonly (Pruned & { readonly url: string })[] }>>
}

export interface SagaFound extends SagaInFull {
  readonly url: string
  readonly messages: readonly (SagaInFull['messages'][number] & { readonly url: string })[]
}

/** @throws MakegoodError `OPTION_INVALID` for what is no address, no token, or out of its range */
export function operationsClient(options: OperationsClientOptions): OperationsClient {
  const { places, timeoutMs, actionTimeoutMs } = resolve(options)
  const system = new System(places, timeoutMs)

  const grouped =
    <Group>(route: Route) =>
    (query: InService = {}): Promise<Parts<Group>> =>
      system.parts<Group>(route, query)

  return {
    me: async () => {
      const { answers, unreachable } = await everywhere(places, place => place.ask<Caller>(routes.me, {}, timeoutMs))
      return { callers: answers.map(({ place, body }) => ({ ...body, url: place.url })), unreachable }
    },
    services: () => system.processes(),
    sagas: grouped(routes.sagas),
    sagaCounts: grouped(routes.sagaCounts),
    saga: (id, reveal = {}) => system.saga(id, reveal),
    participations: query => system.parts(routes.participations, query),
    definitions: grouped(routes.definitions),
    failures: grouped(routes.failures),
    deadLetters: grouped(routes.deadLetters),
    parked: grouped(routes.parked),
    pace: grouped(routes.pace),
    audit: grouped(routes.audit),
    changes: ({ saga, signal } = {}) => changesAt(places, { saga }, signal),
    actOnSagas: request => actOnSagas(places, request, actionTimeoutMs),
    actOnDeadLetters: async request => {
      const [place] = await system.placesOf(request.service)
      return place!.ask(routes.actOnDeadLetters, { body: request }, actionTimeoutMs)
    },
    prune: async request => {
      const { answers, unreachable } = await everywhere(places, place =>
        place.ask<Pruned>(routes.prune, { body: request }, actionTimeoutMs),
      )
      return { pruned: answers.map(({ place, body }) => ({ ...body, url: place.url })), unreachable }
    },
  }
}

interface Resolved {
  readonly places: readonly Place[]
  readonly timeoutMs: number
  readonly actionTimeoutMs: number
}

function resolve({ services, timeoutMs = 5_000, actionTimeoutMs = 60_000 }: OperationsClientOptions): Resolved {
  const places = services.map(address => new Place(address))
  if (places.length === 0) throw invalid('services has to name one address at least.')
  if (new Set(places.map(({ url }) => url)).size < places.length) throw invalid('services names an address twice.')
  if (!within(timeoutMs, 100, 60_000)) throw invalid('timeoutMs is a whole number from 100 to 60 000.')
  if (!within(actionTimeoutMs, 100, 600_000)) throw invalid('actionTimeoutMs is a whole number from 100 to 600 000.')
  return { places, timeoutMs, actionTimeoutMs }
}

function within(value: number, from: number, to: number): boolean {
  return Number.isInteger(value) && value >= from && value <= to
}

function invalid(says: string): MakegoodError {
  return new MakegoodError('OPTION_INVALID', says)
}

// ── Questions ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** All addresses, and which of them answered for which services. */
class System {
  readonly #places: readonly Place[]
  readonly #timeoutMs: number
  /** Filled by the first question that names a service, forgotten when one of them is away. */
  readonly #answering = new Map<string, readonly Place[]>()

  constructor(places: readonly Place[], timeoutMs: number) {
    this.#places = places
    this.#timeoutMs = timeoutMs
  }

  async processes(): Promise<Parts<ServiceView>> {
    const { answers, unreachable } = await this.#ask<ByService<ServiceView>>(this.#places, routes.services)
    this.#answering.clear()
    for (const { place, body } of answers) {
      for (const { service } of body.services) {
        this.#answering.set(service, [...(this.#answering.get(service) ?? []), place])
      }
    }
    return { services: answers.flatMap(partsOf), unreachable }
  }

  /** Processes of one service say the same: the first is taken. */
  async parts<Group>(route: Route, query: InService): Promise<Parts<Group>> {
    const places = query.service === undefined ? this.#places : await this.placesOf(query.service)
    const { answers, unreachable } = await this.#ask<ByService<Group>>(places, route, { query })
    return { services: firstOf(answers.flatMap(partsOf), ({ service }) => service), unreachable }
  }

  async saga(id: string, reveal: Reveal): Promise<Found<{ readonly saga: SagaFound | undefined }>> {
    const ask = (place: Place) => place.ask<SagaInFull>(routes.saga, { params: { id }, query: reveal }, this.#timeoutMs)
    const { answers, unreachable } = await everywhere(this.#places, place => ask(place).catch(notThere))
    const found = answers.find(({ body }) => body !== undefined)
    if (found?.body === undefined) return { saga: undefined, unreachable }
    const { place, body } = found
    const others = this.#places.filter(each => each !== place && !unreachable.some(({ url }) => url === each.url))
    const query = { ...reveal, correlationId: body.correlationId }
    const received = await this.#ask<ByService<Pick<MessageList, 'messages'>>>(others, routes.messages, { query })
    const own = body.messages.map(message => ({ ...message, url: place.url }))
    const messages = [...own, ...received.answers.flatMap(partsOf).flatMap(messagesOf)]
    return {
      saga: { ...body, url: place.url, messages: inOrderOfTime(messages) },
      unreachable: [...unreachable, ...received.unreachable],
    }
  }

  /** @throws MakegoodError `OPTION_INVALID` if there is no such service, UnreachableError if it may be one that is away */
  async placesOf(service: string): Promise<readonly Place[]> {
    const known = this.#answering.get(service)
    if (known !== undefined) return known
    const { unreachable } = await this.processes()
    const found = this.#answering.get(service)
    if (found !== undefined) return found
    if (unreachable.length > 0) throw new UnreachableError(unreachable[0]!)
    throw invalid(`There is no service ${service}; there are ${[...this.#answering.keys()].join(', ')}.`)
  }

  async #ask<Body extends ByService<unknown>>(places: readonly Place[], route: Route, asked: Asked = {}) {
    const found = await everywhere(places, async place => {
      const body = await place.ask<Body>(route, asked, this.#timeoutMs)
      if (!Array.isArray(body.services)) throw place.saying('What it answers is not of makegood: is the address right?')
      return body
    })
    if (found.unreachable.length > 0) this.#answering.clear()
    return found
  }
}

interface Answer<Body> {
  readonly place: Place
  readonly body: Body
}

async function everywhere<Body>(
  places: readonly Place[],
  ask: (place: Place) => Promise<Body>,
): Promise<{ readonly answers: readonly Answer<Body>[]; readonly unreachable: readonly Unreachable[] }> {
  const asked = places.map(async place => {
    try {
      return { place, body: await ask(place) }
    } catch (error) {
      if (error instanceof UnreachableError) return error.unreachable
      throw error
    }
  })
  const all = await Promise.all(asked)
  return { answers: all.filter(each => 'place' in each), unreachable: all.filter(each => 'url' in each) }
}

function partsOf<Group>({ place, body }: Answer<ByService<Group>>): readonly Part<Group>[] {
  return body.services.map(group => ({ ...group, url: place.url }))
}

function firstOf<Item>(items: readonly Item[], key: (item: Item) => string): readonly Item[] {
  const first = new Map<string, Item>()
  for (const item of items) if (!first.has(key(item))) first.set(key(item), item)
  return [...first.values()]
}

function notThere(error: unknown): undefined {
  if (error instanceof RefusedError && error.problem.status === 404) return undefined
  throw error
}

type Received = SagaFound['messages'][number]

function messagesOf({
  service,
  url,
  messages,
}: Part<{ readonly messages: readonly InboxView[] }>): readonly Received[] {
  return messages.map(message => ({ ...message, service, url }))
}

function inOrderOfTime(messages: readonly Received[]): readonly Received[] {
  return firstOf(messages, ({ service, identity }) => `${service} ${identity}`).toSorted((one, other) =>
    one.receivedAt.localeCompare(other.receivedAt),
  )
}

// ── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────────

async function actOnSagas(
  places: readonly Place[],
  request: ActOnSagas,
  timeoutMs: number,
): Promise<Found<SagaActionResults>> {
  const ask = (place: Place, items: readonly SagaItem[], dryRun: boolean) =>
    place.ask<SagaActionResults>(routes.actOnSagas, { body: { ...request, items, dryRun } }, timeoutMs)

  const { answers, unreachable } = await everywhere(places, place => ask(place, request.items, true))
  const looked = request.items.map(item => whoKnows(item, answers))
  if (request.dryRun === true) return { results: looked.map(({ result }) => result), unreachable }

  const done = await Promise.all(
    places.map(async place => {
      const items = request.items.filter((_, at) => wouldBeDoneBy(looked[at]!, place))
      if (items.length === 0) return []
      try {
        return (await ask(place, items, false)).results
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error
        return items.map(item => unanswered(item, error.unreachable))
      }
    }),
  )
  const results = new Map(done.flat().map(result => [result.id, result]))
  return { results: looked.map(({ result }) => results.get(result.id) ?? result), unreachable }
}

interface Looked {
  readonly place: Place | undefined
  readonly result: SagaActionResult
}

/** Of what was said of a saga that which knows most of it: an address that does not have it may not say more than that. */
const tellingMore: readonly Outcome[] = [
  'unknown',
  'failed',
  'forbidden',
  'outdated',
  'refused',
  'would be done',
  'done',
]

function whoKnows({ id }: SagaItem, answers: readonly Answer<SagaActionResults>[]): Looked {
  const nobody: Looked = {
    place: undefined,
    result: notDone(id, 'unknown', 'None of the services that answered has it.'),
  }
  return answers.reduce((best, { place, body }) => {
    const result = body.results.find(each => each.id === id)
    if (result === undefined || tells(result) <= tells(best.result)) return best
    return { place, result }
  }, nobody)
}

function tells({ outcome }: SagaActionResult): number {
  return tellingMore.indexOf(outcome)
}

function wouldBeDoneBy({ place, result }: Looked, candidate: Place): boolean {
  return place === candidate && result.outcome === 'would be done'
}

function unanswered({ id }: SagaItem, { url, says }: Unreachable): SagaActionResult {
  return notDone(
    id,
    'failed',
    `${url}: ${says} Whether it was done is not known: look at the saga before trying again.`,
  )
}

function notDone(id: string, outcome: Outcome, says: string): SagaActionResult {
  return { id, service: null, outcome, says, effect: null, saga: null }
}
