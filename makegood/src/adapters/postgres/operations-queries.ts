import { inboxColumns, milliseconds, type Query, query, sagaColumns } from './queries.ts'

/**
 * What operations ask of PostgreSQL, as `queries.ts` says it. Nothing here has an index of its own, which every message
 * would pay for: lists go along the indexes that there are, and what they do not sort is looked at in windows of 10 000
 * rows. See decision 0014.
 */

const windowMax = 10_000
/** One more than is counted, by which it is known that there are more. */
const countMax = windowMax + 1
/** One more than are looked at in one statement. */
const inFlightCountMax = 50_000 + 1

// ── Sagas ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export const sagasById: Query = query(
  'sagas_by_id',
  `select ${sagaColumns}
   from makegood.saga as row
   where row.service = $1
     and row.id = any($2::text[])`,
)

export const sagasAtRest: Query = query(
  'sagas_at_rest',
  `${sagasById.text}
     and row.status not in ('running', 'compensating')`,
)

export const sagaByKey: Query = query(
  'saga_by_key',
  `select ${sagaColumns}
   from makegood.saga as row
   where row.service = $1
     and row.definition = $2
     and row.key = $3`,
)

/** One text of a question for each order. */
export interface Ordered {
  readonly newest: Query
  readonly oldest: Query
}

interface Direction {
  /** Comes after, in this order. */
  readonly after: string
  readonly upTo: string
  readonly sort: string
}

function ordered(name: string, text: (direction: Direction) => string): Ordered {
  return {
    newest: query(`${name}_newest`, text({ after: '<', upTo: '>=', sort: 'desc' })),
    oldest: query(`${name}_oldest`, text({ after: '>', upTo: '<=', sort: 'asc' })),
  }
}

/** A place in a list: a time of this database with all its digits, and what tells two of one time apart. */
const placeOf = (time: string): string => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`
const place = (at: string, id: string): string => `((${at}::text || '+00')::timestamptz, ${id}::text)`

/** JSON without its escapes by number, of which there are some that PostgreSQL does not take apart. */
const plainJson = (column: string): string =>
  `case
         when position(chr(92) || 'u' in ${column}::text) > 0 then replace(${column}::text, chr(92) || 'u', '/u')::json
         else ${column}
       end`

/**
 * In the order of `filterOf`. What is to stand in a state is only looked for in its text; whoever asks looks closer.
 */
const isWanted = `($2::text is null or row.status = $2)
     and ($3::text is null or row.definition = $3)
     and ($4::integer is null or row.version = $4)
     and ($5::text is null or position($5 in row.state::text) > 0)
     and ($6::text is null or position($6 in row.state::text) > 0)
     and ($7::text is null or position(lower($7) in lower(row.data::text)) > 0)
     and ($8::text is null or row.key >= $8)
     and ($9::text is null or row.key <= $9)`

/** After the one place, up to the other. */
const isBetween = ({ after, upTo }: Direction): string =>
  `(row.started_at, row.id) ${after} ${place('$10', '$11')}
     and (row.started_at, row.id) ${upTo} ${place('$12', '$13')}`

const listedColumns = `${sagaColumns}, ${placeOf('row.started_at')} as place`

export const sagas: Ordered = ordered(
  'sagas',
  direction => `select ${listedColumns}
   from makegood.saga as row
   where row.service = $1
     and ${isBetween(direction)}
     and ${isWanted}
   order by row.started_at ${direction.sort}, row.id ${direction.sort}
   limit $14`,
)

/** Where a window ends that begins after the first place; none if it is the last one. */
export const sagasWindow: Ordered = ordered(
  'sagas_window',
  ({ after, upTo, sort }) => `select ${placeOf('started_at')} as place, id
   from makegood.saga
   where service = $1
     and (started_at, id) ${after} ${place('$2', '$3')}
     and (started_at, id) ${upTo} ${place('$4', '$5')}
   order by started_at ${sort}, id ${sort}
   offset ${windowMax - 1}
   limit 1`,
)

/** Those that a narrower index finds, sorted: of at most as many as a window has. */
const narrowed = (name: string, where: string): Ordered =>
  ordered(
    name,
    direction => `with wanted as materialized (
     select row.id, row.started_at
     from makegood.saga as row
     where row.service = $1
       and ${where}
     and ${isBetween(direction)}
     and ${isWanted}
   ),
   page as (
     select id
     from wanted
     order by started_at ${direction.sort}, id ${direction.sort}
     limit $14
   )
   select ${listedColumns}
   from page
   join makegood.saga as row on row.service = $1 and row.id = page.id
   order by row.started_at ${direction.sort}, row.id ${direction.sort}`,
  )

export const sagasInFlight: Ordered = narrowed('sagas_in_flight', 'row.ended_at is null')
export const sagasByKey: Ordered = narrowed(
  'sagas_by_key',
  `row.definition = $3
       and row.key >= $8
       and row.key <= $9`,
)

const counted = (name: string, where: string, most: number): Query =>
  query(
    name,
    `select count(*)::text as number
   from (
     select
     from makegood.saga
     where service = $1
       and ${where}
     limit ${most}
   ) as counted`,
  )

export const inFlightNumber: Query = counted(
  'in_flight_number',
  `ended_at is null
       and ($2::text is null or definition = $2)
       and ($3::integer is null or version = $3)`,
  inFlightCountMax,
)
export const byKeyNumber: Query = counted(
  'by_key_number',
  `definition = $2
       and key >= $3
       and key <= $4`,
  countMax,
)

export const nextDefinition: Query = query(
  'next_definition',
  `select definition
   from makegood.saga
   where service = $1
     and definition > $2
   order by definition
   limit 1`,
)

export const sagaCounts: Query = query(
  'saga_counts',
  `select definition, status, least(count(*), ${windowMax})::text as number,
     (sum(count(*)) over (partition by has_ended) > ${windowMax})::text as more
   from (
     (
       select definition, status, false as has_ended
       from makegood.saga
       where service = $1
         and ended_at is null
       limit ${countMax}
     )
     union all
     (
       select definition, status, true
       from makegood.saga
       where service = $1
         and ended_at is not null
       order by ended_at desc
       limit ${countMax}
     )
   ) as looked_at
   group by definition, status, has_ended
   order by definition, status`,
)

export const versionsInFlight: Query = query(
  'versions_in_flight',
  `select definition, version::text, count(*)::text as sagas
   from makegood.saga
   where service = $1
     and ended_at is null
   group by definition, saga.version
   order by definition, saga.version`,
)

const isOpen = (state: string): string => `${state} in ('open', 'pausing', 'closing')`

/** As jsonb, which is taken apart once and not for each question: half the time for ten thousand. */
export const standing: Query = query(
  'standing',
  `select saga.definition, saga.version::text, step.name as step, saga.status, count(*)::text as sagas
   from (
     select row.definition, row.version, row.status, row.state
     from makegood.saga as row
     where row.service = $1
       and row.ended_at is null
     order by row.started_at desc
     limit ${windowMax}
   ) as saga
   cross join lateral (select (${plainJson('saga.state')})::jsonb as state offset 0) as plain
   cross join jsonb_each(coalesce(plain.state #> '{was,steps}', plain.state -> 'steps')) as step (name, state)
   where ${isOpen(`step.state #>> '{forward,state}'`)}
     or ${isOpen(`step.state #>> '{back,state}'`)}
   group by saga.definition, saga.version, step.name, saga.status
   order by saga.definition, saga.version, step.name, saga.status`,
)

const newestEnded = `
   from (
     select definition, status, started_at, ended_at
     from makegood.saga
     where service = $1
       and ended_at >= to_timestamp($2::float8 / 1000)
     order by ended_at desc
     limit 20000
   ) as saga`

export const endedByMinute: Query = query(
  'ended_by_minute',
  `select definition, status, ${milliseconds(`date_trunc('minute', ended_at)`)} as at, count(*)::text as sagas
   ${newestEnded}
   group by definition, status, date_trunc('minute', ended_at)
   order by date_trunc('minute', ended_at), definition, status`,
)

/** In buckets of which eight double the time. */
export const durations: Query = query(
  'durations',
  `select definition, status, bucket::text, count(*)::text as sagas
   from (
     select definition, status,
       floor(8 * ln(greatest(extract(epoch from ended_at - started_at)::float8 * 1000, 1)) / ln(2::float8)) as bucket
     ${newestEnded}
   ) as ended
   group by definition, status, bucket
   order by definition, status, ended.bucket`,
)

export const journal: Query = query(
  'journal',
  `select event.saga_id, event.kind, event.step, event.detail::text, ${milliseconds('event.at')} as at
   from makegood.saga_event as event
   where event.service = $1
     and event.saga_id = $2
   order by event.number`,
)

// ── The inbox ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The same text for what differs only by numbers, ids and what stands in quotes. */
const gist = (text: string): string => `regexp_replace(left(${text}, 500), '"[^"]*"|[0-9a-fA-F-]{8,}|[0-9]+', '…', 'g')`

const fingerprint = (...parts: readonly string[]): string =>
  `left(encode(sha256(convert_to(${parts.join(` || chr(10) || `)}, 'UTF8')), 'hex'), 16)`

const fingerprintOfMessage = fingerprint('row.state', 'row.type', gist('row.error'))

const entryColumns = `${inboxColumns},
     case when row.state = 'parked' then ${milliseconds(`nullif(row.due_at, 'infinity')`)} end as tried_at,
     case when row.state in ('parked', 'dead') and row.due_at is not null and row.error is not null then ${fingerprintOfMessage} end as fingerprint,
     ${placeOf('row.received_at')} as place`

export const messages: Query = query(
  'messages',
  `select ${entryColumns}
   from makegood.inbox as row
   where row.service = $1
     and row.correlation_id = $2
   order by row.received_at, row.message_id`,
)

export const inboxRows: Query = query(
  'inbox_rows',
  `select ${entryColumns}
   from makegood.inbox as row
   where row.service = $1
     and row.identity = any($2::text[])`,
)

export const participations: Query = query(
  'participations',
  `select row.saga_id, row.identity, ${placeOf('row.received_at')} as place
   from makegood.inbox as row
   where row.service = $1
     and row.kind = 'command'
     and (row.received_at, row.identity) > ${place('$2', '$3')}
     and (row.received_at, row.identity) <= ${place('$4', '$5')}
   order by row.received_at, row.identity
   limit $6`,
)

/** Where a window ends that begins after the first place; none if it is the last one. */
export const inboxWindow: Query = query(
  'inbox_window',
  `select ${placeOf('received_at')} as place, identity
   from makegood.inbox
   where service = $1
     and (received_at, identity) > ${place('$2', '$3')}
     and (received_at, identity) <= ${place('$4', '$5')}
   order by received_at, identity
   offset ${windowMax - 1}
   limit 1`,
)

const isWantedMessage = `(row.received_at, row.identity) > ${place('$4', '$5')}
       and (row.received_at, row.identity) <= ${place('$6', '$7')}
       and ($2::text is null or row.type = $2)
       and ($3::text is null or row.error is not null and ${fingerprintOfMessage} = $3)`

export const dead: Query = query(
  'dead',
  `select ${entryColumns}
   from makegood.inbox as row
   where row.service = $1
     and row.state = 'dead'
     and row.due_at = 'infinity'
     and ${isWantedMessage}
   order by row.received_at, row.identity
   limit $8`,
)

/** Where a window ends that begins after the first place; none if it is the last one. */
export const deadWindow: Query = query(
  'dead_window',
  `select ${placeOf('received_at')} as place, identity as id
   from makegood.inbox
   where service = $1
     and due_at = 'infinity'
     and (received_at, identity) > ${place('$2', '$3')}
     and (received_at, identity) <= ${place('$4', '$5')}
   order by received_at, identity
   offset ${windowMax - 1}
   limit 1`,
)

const parkedFirst = (where = ''): string =>
  `select *
     from makegood.inbox
     where service = $1
       and state = 'parked'
       and due_at < 'infinity'${where}
     order by due_at`

/** The index has them in the order in which they are due: of as many as a window has, the oldest. */
export const parked: Query = query(
  'parked',
  `select ${entryColumns}
   from (
     select row.*
     from (
     ${parkedFirst()}
     limit ${windowMax}
     ) as row
     where ${isWantedMessage}
     order by row.received_at, row.identity
     limit $8
   ) as row
   order by row.received_at, row.identity`,
)

// ── Failures ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Groups what fails: rows of id, what, code, step, says and at, of which there is one more than is looked at. */
const failuresOf = (name: string, kind: string, failing: string): Query =>
  query(
    name,
    `select what, code, step, fingerprint, least(count(*), ${windowMax})::text as number,
     (max(looked_at) > ${windowMax})::text as more,
     ${milliseconds('min(at)')} as oldest_at, ${milliseconds('max(at)')} as newest_at,
     max(case when place = 1 then says end) as says,
     max(case when place = 1 then id end) as first_id,
     max(case when place = 2 then id end) as second_id,
     max(case when place = 3 then id end) as third_id
   from (
     select failing.*, count(*) over () as looked_at,
       row_number() over (partition by fingerprint order by at, id) as place
     from (
       select failing.*, ${fingerprint(`'${kind}'`, 'what', ...(kind === 'stuck' ? [`coalesce(step, '')`, 'code'] : []), gist('says'))} as fingerprint
       from (
         ${failing}
         limit ${countMax}
       ) as failing
     ) as failing
   ) as failing
   group by what, code, step, fingerprint
   order by count(*) desc, fingerprint
   limit 200`,
  )

const failingMessages = `select identity as id, type as what, null as code, null as step, left(error, 500) as says,
           received_at as at
         from makegood.inbox
         where service = $1
           and error is not null`

export const deadFailures: Query = failuresOf(
  'dead_failures',
  'dead',
  `${failingMessages}
           and state = 'dead'
           and due_at = 'infinity'
         order by received_at, identity`,
)

export const parkedFailures: Query = failuresOf(
  'parked_failures',
  'parked',
  `${failingMessages}
           and state = 'parked'
           and due_at < 'infinity'
         order by due_at`,
)

export const stuckFailures: Query = failuresOf(
  'stuck_failures',
  'stuck',
  `select stuck.id, stuck.definition as what, coalesce(stuck.trouble ->> 'code', '') as code,
           stuck.trouble ->> 'step' as step, left(coalesce(stuck.trouble ->> 'says', ''), 500) as says, stuck.at
         from (
           select row.id, row.definition, (${plainJson('row.state')}) -> 'trouble' as trouble, row.changed_at as at
           from makegood.saga as row
           where row.service = $1
             and row.ended_at is null
             and row.status = 'stuck'
         ) as stuck
         order by stuck.at, stuck.id`,
)

// ── The audit ───────────────────────────────────────────────────────────────────────────────────────────────────────

const entries = (where: string): string =>
  `select number::text, ${milliseconds('at')} as at, done_by, action, target, reason, detail::text
   from makegood.audit
   where service = $1${where}
     and ($2::text is null or done_by = $2)
     and ($3::text is null or action = $3)
     and audit.number < $5::bigint
   order by audit.number desc
   limit $6`

export const audit: Query = query('audit', entries('\n     and $4::text is null'))
export const auditOfTarget: Query = query('audit_of_target', entries('\n     and target = $4'))

// ── The service as a whole ──────────────────────────────────────────────────────────────────────────────────────────

/** Up to now. */
const millisecondsSince = (time: string): string => `trunc(extract(epoch from now() - ${time}) * 1000)`

/** Nothing here counts what has ended: that grows for months, and this is asked every few seconds. */
export const figures: Query = query(
  'figures',
  `select in_flight.sagas, in_flight.unchanged_ms, in_flight.overdue_ms,
     parked.rows as parked, parked.age_ms as parked_age_ms,
     (
       select count(*)::text
       from makegood.inbox
       where service = $1
         and state = 'dead'
         and due_at = 'infinity'
     ) as dead,
     sent.rows as outbox, sent.age_ms as outbox_age_ms
   from (
     select json_object_agg(status, sagas)::text as sagas,
       json_object_agg(status, unchanged_ms)::text as unchanged_ms,
       max(overdue_ms)::text as overdue_ms
     from (
       select status, count(*) as sagas, ${millisecondsSince('min(changed_at)')} as unchanged_ms,
         ${millisecondsSince('min(wake_at)')} as overdue_ms
       from makegood.saga
       where service = $1
         and ended_at is null
       group by status
     ) as by_status
   ) as in_flight
   cross join (
     select count(*)::text as rows, ${millisecondsSince('min(received_at)')}::text as age_ms
     from makegood.inbox
     where service = $1
       and state = 'parked'
       and due_at < 'infinity'
   ) as parked
   cross join (
     select count(*)::text as rows, ${millisecondsSince('min(created_at)')}::text as age_ms
     from makegood.outbox
     where service = $1
   ) as sent`,
)

export const condition: Query = query(
  'condition',
  `select ${milliseconds('now()')} as now,
     (
       select max(number)::text
       from makegood.migration
     ) as applied,
     (
       select count(*)::text
       from (
         select
         from makegood.inbox
         where service = $1
         limit ${countMax}
       ) as counted
     ) as inbox,
     (
       select latest.error
       from (
         select error
         from makegood.outbox
         where service = $1
         order by claimed_until desc
         limit 1000
       ) as latest
       where latest.error is not null
       limit 1
     ) as outbox_error`,
)
