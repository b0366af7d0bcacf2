import { MakegoodError } from '../model/errors.ts'
import type {
  AuditRow,
  AuditSearch,
  InboxEntry,
  InboxSearch,
  Page,
  ParticipationSearch,
  StoreQueries,
} from '../ports/store.ts'
import { paceOf } from './pace.ts'
import { firstPlace, lastPlace, placeAt, placeIn, placeOf, valuesOf } from './places.ts'
import { type Ask, type SearchQuestions, searchSagas } from './saga-search.ts'
import { text } from './storable-text.ts'
import {
  auditRowOf,
  failureGroupOf,
  inboxEntryOf,
  jsonOf,
  numberOf,
  type Row,
  sagaCountOf,
  sagaRowOf,
  standingOf,
  textOf,
  versionInFlightOf,
} from './stored-rows.ts'
import { pageOf, windowMax } from './windows.ts'

/** The questions, in the SQL of one database. The first parameter of each is the service. */
interface Questions<Query> extends SearchQuestions<Query> {
  readonly sagasById: Query
  readonly sagasAtRest: Query
  readonly sagaByKey: Query
  readonly sagaCounts: Query
  readonly versionsInFlight: Query
  readonly standing: Query
  readonly endedByMinute: Query
  readonly durations: Query
  readonly journal: Query
  readonly messages: Query
  readonly inboxRows: Query
  readonly participations: Query
  readonly inboxWindow: Query
  readonly parked: Query
  readonly dead: Query
  readonly deadWindow: Query
  readonly deadFailures: Query
  readonly parkedFailures: Query
  readonly stuckFailures: Query
  readonly audit: Query
  readonly auditOfTarget: Query
  readonly figures: Query
  readonly condition: Query
}

interface Asked<Query> {
  readonly queries: Questions<Query>
  /** Gives a question the service and its further values. */
  readonly ask: Ask<Query>
  /** Makes one value of many. */
  readonly list: (values: readonly string[]) => string
  /** The migrations that are shipped for this database. */
  readonly migrations: () => Promise<readonly { readonly number: number }[]>
}

/** What operations may ask of one service's part of the database. */
export function storeQueries<Query>(database: Asked<Query>): StoreQueries {
  const { queries, ask, list, migrations } = database
  const sagasById: StoreQueries['sagasById'] = async ids => (await ask(queries.sagasById, list(ids))).map(sagaRowOf)
  const inboxRows: StoreQueries['inboxRows'] = async identities =>
    (await ask(queries.inboxRows, list(identities))).map(inboxEntryOf)
  return {
    saga: async id => (await sagasById([id]))[0],
    sagasById,
    sagasAtRest: async ids => (await ask(queries.sagasAtRest, list(ids))).map(sagaRowOf),
    sagaByKey: async (definition, key) => (await ask(queries.sagaByKey, text(definition), text(key))).map(sagaRowOf)[0],
    sagas: search => searchSagas(database, search),
    sagaCounts: async () => (await ask(queries.sagaCounts)).map(sagaCountOf),
    versionsInFlight: async () => (await ask(queries.versionsInFlight)).map(versionInFlightOf),
    standing: async () => (await ask(queries.standing)).map(standingOf),

    async pace(since) {
      const asked = [queries.endedByMinute, queries.durations].map(query => ask(query, String(since)))
      const [minutes, durations] = await Promise.all(asked)
      return paceOf(minutes!, durations!)
    },

    journal: async sagaId =>
      (await ask(queries.journal, text(sagaId))).map(row => ({
        sagaId: textOf(row, 'saga_id'),
        kind: textOf(row, 'kind'),
        step: row['step'] ?? undefined,
        detail: jsonOf(row, 'detail'),
        at: numberOf(row, 'at'),
      })),

    messages: async correlationId => (await ask(queries.messages, text(correlationId))).map(inboxEntryOf),
    participations: search => searchParticipations(database, search),
    inboxRow: async identity => (await inboxRows([identity]))[0],
    inboxRows,
    inbox: search => searchInbox(database, search),

    async failures() {
      const [dead, parked, stuck] = await Promise.all([
        ask(queries.deadFailures),
        ask(queries.parkedFailures),
        ask(queries.stuckFailures),
      ])
      return [
        ...stuck.map(row => failureGroupOf('stuck saga', row)),
        ...dead.map(row => failureGroupOf('dead letter', row)),
        ...parked.map(row => failureGroupOf('parked message', row)),
      ]
        .sort((one, other) => other.count - one.count)
        .slice(0, groupsMax)
    },

    audit: search => searchAudit(database, search),

    async figures() {
      const [row] = await ask(queries.figures)
      return {
        sagas: jsonOf(row!, 'sagas') ?? {},
        unchangedMs: jsonOf(row!, 'unchanged_ms') ?? {},
        overdueMs: ageOf(row!, 'overdue_ms'),
        parked: numberOf(row!, 'parked'),
        parkedAgeMs: ageOf(row!, 'parked_age_ms'),
        dead: numberOf(row!, 'dead'),
        outbox: numberOf(row!, 'outbox'),
        outboxAgeMs: ageOf(row!, 'outbox_age_ms'),
      }
    },

    async condition() {
      const [[row], shipped] = await Promise.all([ask(queries.condition), migrations()])
      const inbox = numberOf(row!, 'inbox')
      return {
        now: numberOf(row!, 'now'),
        schema: { applied: numberOf(row!, 'applied'), known: shipped.at(-1)?.number ?? 0 },
        inbox: { count: Math.min(inbox, windowMax), more: inbox > windowMax },
        outboxError: row!['outbox_error'] ?? undefined,
      }
    },
  }
}

const groupsMax = 200

/** Dead letters stand in an index in the order of their arrival; parked messages are at most a window. */
async function searchInbox<Query>(
  { queries, ask }: Asked<Query>,
  { state, type, fingerprint, limit, after }: InboxSearch,
): Promise<Page<InboxEntry>> {
  const wanted = [type === undefined ? null : text(type), fingerprint === undefined ? null : text(fingerprint)]
  const isWindowed = state === 'dead' && wanted.some(value => value !== null)
  return pageOf({
    from: after === undefined ? firstPlace : placeIn(after),
    to: lastPlace,
    limit,
    windowAfter: async (from, to) => {
      const [end] = isWindowed ? await ask(queries.deadWindow, ...valuesOf(from), ...valuesOf(to)) : []
      return end === undefined ? undefined : placeOf(end, 'id')
    },
    rows: async (from, to, most) => {
      const query = state === 'dead' ? queries.dead : queries.parked
      const found = await ask(query, ...wanted, ...valuesOf(from), ...valuesOf(to), String(most))
      return found.map(row => ({ row: inboxEntryOf(row), place: placeOf(row, 'identity') }))
    },
  })
}

/** Along the index that pruning has, past what else was received: an orchestrator's inbox is full of replies. */
async function searchParticipations<Query>(
  { queries, ask }: Asked<Query>,
  { since, limit, after }: ParticipationSearch,
): Promise<Page<string>> {
  const { rows, next } = await pageOf({
    from: after === undefined ? placeAt(since) : placeIn(after),
    to: lastPlace,
    limit,
    windowAfter: async (from, to) => {
      const [end] = await ask(queries.inboxWindow, ...valuesOf(from), ...valuesOf(to))
      return end === undefined ? undefined : placeOf(end, 'identity')
    },
    rows: async (from, to, most) => {
      const found = await ask(queries.participations, ...valuesOf(from), ...valuesOf(to), String(most))
      return found.map(row => ({ row: textOf(row, 'saga_id'), place: placeOf(row, 'identity') }))
    },
  })
  return { rows: [...new Set(rows)], next }
}

/** Goes by number, and needs no windows: it has what people do. */
async function searchAudit<Query>(
  { queries, ask }: Asked<Query>,
  { by, action, target, limit, after }: AuditSearch,
): Promise<Page<AuditRow>> {
  const wanted = [by, action, target].map(value => (value === undefined ? null : text(value)))
  const query = target === undefined ? queries.audit : queries.auditOfTarget
  const found = await ask(query, ...wanted, numberIn(after), String(limit + 1))
  const rows = found.slice(0, limit).map(auditRowOf)
  return { rows, next: found.length > limit ? rows.at(-1)?.number : undefined }
}

/** @throws MakegoodError `OPTION_INVALID` */
function numberIn(cursor = '9223372036854775807'): string {
  if (/^\d{1,19}$/.test(cursor)) return cursor
  throw new MakegoodError(
    'OPTION_INVALID',
    `No page has ended at ${JSON.stringify(cursor)}: \`after\` is its \`next\`.`,
  )
}

/** In milliseconds; 0 where there is none, or none yet. */
function ageOf(row: Row, column: string): number {
  return Math.max(0, Number(row[column] ?? 0))
}
