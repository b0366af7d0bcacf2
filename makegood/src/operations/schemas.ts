import Type, { type Static, type TSchema } from 'typebox'
import { itemsMax, type Role, type RouteName, roles } from './contract.ts'
import type { Questions } from './exchange.ts'

/** The schemas of a route: what it is asked is checked by them, and both are shown in the documentation. */
export interface RouteSchemas {
  readonly params?: TSchema
  readonly querystring?: TSchema
  readonly body?: TSchema
  readonly answer: TSchema
}

/** How many rows a page has, if nobody says. */
export const limitDefault = 50

// ── What is asked ───────────────────────────────────────────────────────────────────────────────────────────────────

/** What has no further property: a name that is misspelt is said to be wrong, and not passed over. */
const closed = { additionalProperties: false }

const word = (description?: string) => Type.String({ minLength: 1, maxLength: 256, ...described(description) })
const optional = Type.Optional
const flag = Type.Boolean()

const service = optional(word('Only this service.'))
const limit = optional(Type.Integer({ minimum: 1, maximum: itemsMax, default: limitDefault }))
const after = optional(
  Type.String({
    minLength: 1,
    maxLength: 1_024,
    description: 'The `next` of the page before; needs `service` if there are several.',
  }),
)
const time = Type.String({ format: 'date-time' })
const reason = Type.String({ minLength: 1, maxLength: 1_000, pattern: '\\S', description: 'Why; the audit keeps it.' })
const reveal = {
  reveal: optional(
    Type.Boolean({ description: 'Show what is masked: to an admin, who says why; the audit keeps it.' }),
  ),
  reason: optional(reason),
}
const dryRun = optional(Type.Boolean({ description: 'Say what would happen, and do nothing.' }))

const Status = Type.Enum(['running', 'compensating', 'completed', 'compensated', 'stuck', 'abandoned'])

const InService = Type.Object({ service }, closed)

const SagaQuery = Type.Object(
  {
    service,
    status: optional(Status),
    definition: optional(word()),
    version: optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    step: optional(word('A step that is open.')),
    failure: optional(word("Of a stuck saga's trouble, or of the cause for which one was compensated.")),
    key: optional(word('The business key as a whole, or its beginning with `*` at the end.')),
    text: optional(word("Anywhere in the saga's data, in any case of letters, but for what is masked.")),
    startedAfter: optional(time),
    startedBefore: optional(time),
    order: optional(Type.Enum(['newest', 'oldest'])),
    limit,
    after,
  },
  closed,
)

const ParticipationQuery = Type.Object({ service, since: time, limit, after }, closed)
const SagaParams = Type.Object({ id: Type.String({ description: "A saga's id." }) })
const Reveal = Type.Object(reveal, closed)
const CorrelationQuery = Type.Object({ service, correlationId: word(), ...reveal }, closed)

const MessageQuery = Type.Object(
  {
    service,
    type: optional(word()),
    fingerprint: optional(word('Of a failure group.')),
    identity: optional(Type.String({ minLength: 1, maxLength: 1_024, description: 'One message alone.' })),
    limit,
    after,
    ...reveal,
  },
  closed,
)

const ChangesQuery = Type.Object({ saga: optional(word('Told of, beside the figures.')) }, closed)

const AuditQuery = Type.Object(
  {
    service,
    by: optional(word()),
    action: optional(word()),
    target: optional(Type.String({ minLength: 1, maxLength: 1_024, description: 'A saga, or a message.' })),
    limit,
    after,
  },
  closed,
)

const RequestedAction = Type.Union([
  Type.Object({ kind: Type.Enum(['retry', 'compensate', 'abandon']) }, closed),
  Type.Object({ kind: Type.Literal('skip'), step: word() }, closed),
  Type.Object({ kind: Type.Literal('resolve'), step: word(), reply: Type.Unknown() }, closed),
])

const ActOnSagas = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          id: Type.String({ minLength: 1, maxLength: 256 }),
          revision: optional(word('What it was decided on: with another one the action is not done.')),
        },
        closed,
      ),
      { minItems: 1, maxItems: itemsMax },
    ),
    action: RequestedAction,
    reason,
    dryRun,
  },
  closed,
)

const identity = Type.String({ minLength: 1, maxLength: 1_024 })

const ActOnDeadLetters = Type.Object(
  {
    service: word(),
    letters: Type.Union([
      Type.Object({ identities: Type.Array(identity, { minItems: 1, maxItems: itemsMax }) }, closed),
      Type.Object({ fingerprint: word(), after }, closed),
    ]),
    action: Type.Union([
      Type.Object(
        {
          kind: Type.Literal('redrive'),
          perSecond: optional(
            Type.Number({ minimum: 0.01, maximum: 1_000, description: 'How many of them are tried in a second.' }),
          ),
          payload: optional(Type.Unknown({ description: 'In the place of what one letter carries.' })),
        },
        closed,
      ),
      Type.Object({ kind: Type.Literal('discard') }, closed),
    ]),
    reason,
    dryRun,
  },
  closed,
)

const PruneRequest = Type.Object({ reason }, closed)

// ── What is answered ────────────────────────────────────────────────────────────────────────────────────────────────

const text = Type.String()
const number = Type.Number()
const whole = Type.Integer()
const orNull = <Of extends TSchema>(of: Of) => Type.Union([of, Type.Null()])
const listOf = <Of extends TSchema>(of: Of) => Type.Array(of)
const next = orNull(Type.String({ description: 'What `after` is for the next page; null on the last one.' }))
const headers = Type.Record(Type.String(), Type.String())
const anything = Type.Unknown()
const bounded = { count: whole, more: Type.Boolean({ description: 'There are more than `count`.' }) }

const byService = (group: { readonly [name: string]: TSchema }) =>
  Type.Object({ services: listOf(Type.Object({ service: text, ...group })) })

const Me = Type.Object({ name: text, role: Type.Enum([...roles] as Role[]) })

const Figures = Type.Object({
  sagas: Type.Object({ running: whole, compensating: whole, stuck: whole }),
  parked: whole,
  deadLetters: whole,
  outbox: Type.Object({ messages: whole, oldestMs: number, error: orNull(text) }),
  waiting: orNull(whole),
  inbox: Type.Object(bounded),
})

const ServiceView = {
  ready: flag,
  reasons: listOf(text),
  database: Type.Enum(['up', 'down']),
  broker: Type.Object({ state: Type.Enum(['connected', 'connecting', 'blocked', 'closed']), because: orNull(text) }),
  version: text,
  startedAt: orNull(time),
  schema: orNull(Type.Object({ applied: whole, known: whole })),
  clockSkewMs: orNull(number),
  figures: orNull(Figures),
  stranded: listOf(Type.Object({ definition: text, version: whole, sagas: whole })),
}

const sagaLine = {
  id: text,
  definition: text,
  version: whole,
  key: text,
  status: Status,
  revision: Type.String({ description: 'Of the state: an action that was decided on another one is not done.' }),
  startedAt: time,
  changedAt: time,
  endedAt: orNull(time),
  wakeAt: orNull(time),
  steps: listOf(text),
  trouble: orNull(Type.Object({ code: text, step: orNull(text), says: text, runbook: text })),
  cause: orNull(Type.Object({ step: text, code: text, details: anything })),
}

const received = {
  identity: text,
  messageId: text,
  kind: Type.Enum(['command', 'reply', 'event', 'unknown']),
  type: text,
  sagaId: orNull(text),
  correlationId: text,
  causationId: orNull(text),
  receivedAt: time,
  state: Type.Enum(['handled', 'ignored', 'parked', 'succeeded', 'failed', 'dead', 'closed', 'in doubt']),
  attempt: whole,
  answer: orNull(Type.Object({ failure: orNull(text), payload: anything })),
  error: orNull(text),
  envelope: orNull(Type.Object({ address: text, headers, body: text })),
  tries: orNull(whole),
  dueAt: orNull(time),
  editable: orNull(flag),
  payload: anything,
  fingerprint: orNull(text),
}

const Received = Type.Object(received)
const MessageList = byService({ messages: listOf(Received), next })

const SagaInFull = Type.Object({
  ...sagaLine,
  service: text,
  correlationId: text,
  state: anything,
  data: anything,
  headers,
  journal: listOf(Type.Object({ at: time, kind: text, step: orNull(text), detail: anything })),
  messages: listOf(Type.Object({ service: text, ...received })),
  masked: Type.Boolean({ description: 'Values are masked that an admin may see.' }),
})

const StepView = Type.Object({
  name: text,
  kind: Type.Enum(['compensatable', 'pivot', 'retriable', 'best-effort']),
  command: text,
  failures: listOf(text),
  conditional: flag,
  deadlineMs: number,
  compensation: orNull(Type.Union([Type.Literal('not needed'), Type.Object({ command: text, deadlineMs: number })])),
})

const choreography = {
  name: text,
  deadlineMs: orNull(number),
  starts: text,
  leads: listOf(Type.Object({ from: text, in: text, to: listOf(text), deadlineMs: number })),
  ends: Type.Object({ completed: listOf(text), compensated: listOf(text) }),
}

const Definitions = byService({
  sagas: listOf(
    Type.Object({
      name: text,
      version: whole,
      deadlineMs: orNull(number),
      startsOn: orNull(text),
      stages: listOf(listOf(StepView)),
      ends: Type.Object({ completed: orNull(text), compensated: orNull(text) }),
      inFlight: whole,
    }),
  ),
  choreographies: listOf(Type.Object(choreography)),
  tracked: listOf(Type.Object({ ...choreography, inFlight: whole })),
  commands: listOf(text),
  events: listOf(text),
  standing: listOf(Type.Object({ definition: text, version: whole, step: text, status: Status, sagas: whole })),
})

const FailureGroup = Type.Object({
  fingerprint: text,
  kind: Type.Enum(['stuck saga', 'dead letter', 'parked message']),
  what: text,
  code: orNull(text),
  step: orNull(text),
  says: text,
  oldestAt: time,
  newestAt: time,
  examples: listOf(text),
  runbook: text,
  ...bounded,
})

const counted = { definition: text, status: Status, sagas: whole }

const Pace = byService({
  since: time,
  minutes: listOf(Type.Object({ at: time, ...counted })),
  durations: listOf(Type.Object({ ...counted, p50Ms: number, p95Ms: number })),
})

const AuditEntry = Type.Object({
  number: text,
  at: time,
  by: text,
  action: text,
  target: orNull(text),
  reason: text,
  detail: anything,
})

const Outcome = Type.Enum(['done', 'would be done', 'refused', 'outdated', 'forbidden', 'unknown', 'failed'])

const Effect = Type.Object({
  from: Status,
  to: Status,
  sends: listOf(Type.Object({ command: text, step: text, direction: Type.Enum(['forward', 'compensation', 'close']) })),
  publishes: listOf(text),
  undoes: listOf(listOf(text)),
  leaves: Type.Object({ open: listOf(text), done: listOf(text) }),
  journal: listOf(Type.Object({ kind: text, step: orNull(text) })),
})

const SagaActionResults = Type.Object({
  results: listOf(
    Type.Object({
      id: text,
      service: orNull(text),
      outcome: Outcome,
      says: text,
      effect: orNull(Effect),
      saga: orNull(Type.Object(sagaLine)),
    }),
  ),
})

const DeadLetterActionResults = Type.Object({
  results: listOf(Type.Object({ identity: text, outcome: Outcome, says: text })),
  next,
})

/** RFC 9457. */
export const ProblemSchema: TSchema = Type.Object({
  type: text,
  title: text,
  status: whole,
  detail: text,
  requestId: text,
  code: optional(text),
  errors: optional(listOf(Type.Object({ field: text, message: text }))),
})

const Nothing = Type.Object({}, closed)

export const schemas: { readonly [Name in RouteName]: RouteSchemas } = {
  me: { querystring: Nothing, answer: Me },
  services: { querystring: Nothing, answer: byService(ServiceView) },
  sagas: {
    querystring: SagaQuery satisfies Asks<'sagas', typeof SagaQuery>,
    answer: byService({ sagas: listOf(Type.Object(sagaLine)), next, searchedTo: orNull(time) }),
  },
  sagaCounts: {
    querystring: InService satisfies Asks<'sagaCounts', typeof InService>,
    answer: byService({ counts: listOf(Type.Object({ definition: text, status: Status, ...bounded })) }),
  },
  saga: { params: SagaParams, querystring: Reveal, answer: SagaInFull },
  messages: {
    querystring: CorrelationQuery satisfies Asks<'messages', typeof CorrelationQuery>,
    answer: byService({ messages: listOf(Received) }),
  },
  participations: {
    querystring: ParticipationQuery satisfies Asks<'participations', typeof ParticipationQuery>,
    answer: byService({ sagaIds: listOf(text), next }),
  },
  definitions: { querystring: InService, answer: Definitions },
  failures: { querystring: InService, answer: byService({ groups: listOf(FailureGroup) }) },
  deadLetters: {
    querystring: MessageQuery satisfies Asks<'deadLetters', typeof MessageQuery>,
    answer: MessageList,
  },
  parked: { querystring: MessageQuery, answer: MessageList },
  pace: { querystring: InService, answer: Pace },
  changes: {
    querystring: ChangesQuery satisfies Asks<'changes', typeof ChangesQuery>,
    answer: Type.String({ description: '`figures` when one has changed; with `saga`, `saga` when that one has.' }),
  },
  audit: {
    querystring: AuditQuery satisfies Asks<'audit', typeof AuditQuery>,
    answer: byService({ entries: listOf(AuditEntry), next }),
  },
  actOnSagas: { body: ActOnSagas satisfies Asks<'actOnSagas', typeof ActOnSagas>, answer: SagaActionResults },
  actOnDeadLetters: {
    body: ActOnDeadLetters satisfies Asks<'actOnDeadLetters', typeof ActOnDeadLetters>,
    answer: DeadLetterActionResults,
  },
  prune: {
    body: PruneRequest satisfies Asks<'prune', typeof PruneRequest>,
    answer: Type.Object({ rows: whole }),
  },
}

/** The schema itself, if what passes it is what the route is asked, and nothing of that is missing. */
type Asks<Name extends RouteName, Schema extends TSchema> =
  Static<Schema> extends Questions[Name] ? (keyof Questions[Name] extends keyof Static<Schema> ? Schema : never) : never

function described(description: string | undefined): { readonly description?: string } {
  return description === undefined ? {} : { description }
}
