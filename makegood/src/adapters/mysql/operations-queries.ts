import {
  asText,
  inboxColumns,
  microseconds,
  milliseconds,
  namesOf,
  never,
  now,
  type Query,
  query,
  sagaColumns,
  text,
} from './queries.ts'

/**
 * What operations ask of MySQL, as `queries.ts` says it, and in the order of the adapter for PostgreSQL. Nothing here has
 * an index of its own, which every message would pay for: lists go along the indexes that there are, and what they do
 * not sort is looked at in windows of 10 000 rows. See decision 0014.
 */

const windowMax = 10_000
/** One more than is counted, by which it is known that there are more. */
const countMax = windowMax + 1
/** One more than are looked at in one statement. */
const inFlightCountMax = 50_000 + 1

// ── Sagas ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export const sagasById: Query = query(
  `select ${sagaColumns}
   from ${namesOf('$2')} as given
   straight_join makegood_saga as saga
   where saga.service = $1
     and saga.id = given.name`,
)

export const sagasAtRest: Query = query(
  `select ${sagaColumns}
   from ${namesOf('$2')} as given
   straight_join makegood_saga as saga
   where saga.service = $1
     and saga.id = given.name
     and saga.status not in ('running', 'compensating')`,
)

export const sagaByKey: Query = query(
  `select ${sagaColumns}
   from makegood_saga as saga
   where saga.service = $1
     and saga.definition = $2
     and saga.saga_key = $3`,
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

function ordered(of: (direction: Direction) => string): Ordered {
  return {
    newest: query(of({ after: '<', upTo: '>=', sort: 'desc' })),
    oldest: query(of({ after: '>', upTo: '<=', sort: 'asc' })),
  }
}

/** A place in a list: a time of this database with all its digits, and what tells two of one time apart. */
const placeOf = (time: string): string => `date_format(${time}, '%Y-%m-%d %H:%i:%s.%f')`

/** After or before a place. A comparison of pairs would be a range of no index here. */
const isBeyond = ([at, id]: readonly [string, string], how: string, [placeAt, placeId]: readonly [string, string]) =>
  `${at} ${how.charAt(0)}= cast(${placeAt} as datetime(6))
     and (${at} ${how.charAt(0)} cast(${placeAt} as datetime(6)) or ${id} ${how} ${placeId})`

/** JSON without its escapes by number, of which there are some that MySQL does not take apart. */
const plainJson = (column: string): string => `replace(${column}, concat(char(92), 'u'), '/u')`

/** Found as the bytes that it is. */
const holds = (column: string, part: string): string => `locate(${part}, ${column}) > 0`

/**
 * In the order of `wantedOf`. What is to stand in a state is only looked for in its text; whoever asks looks closer.
 */
const isWanted = `($2 is null or saga.status = $2)
     and ($3 is null or saga.definition = $3)
     and ($4 is null or saga.version = $4)
     and ($5 is null or ${holds('saga.state', '$5')})
     and ($6 is null or ${holds('saga.state', '$6')})
     and ($7 is null or ${holds('lower(saga.data)', 'lower($7)')})
     and ($8 is null or saga.saga_key >= $8)
     and ($9 is null or saga.saga_key <= $9)`

/** After the one place, up to the other. */
const isBetween = ({ after, upTo }: Direction): string =>
  `${isBeyond(['saga.started_at', 'saga.id'], after, ['$10', '$11'])}
     and ${isBeyond(['saga.started_at', 'saga.id'], upTo, ['$12', '$13'])}`

const listedColumns = `${sagaColumns}, ${placeOf('saga.started_at')} as place`

export const sagas: Ordered = ordered(
  direction => `select ${listedColumns}
   from makegood_saga as saga force index (saga_started)
   where saga.service = $1
     and ${isBetween(direction)}
     and ${isWanted}
   order by saga.started_at ${direction.sort}, saga.id ${direction.sort}
   limit $14`,
)

/** Where a window ends that begins after the first place; none if it is the last one. */
export const sagasWindow: Ordered = ordered(
  ({ after, upTo, sort }) => `select ${placeOf('started_at')} as place, id
   from makegood_saga force index (saga_started)
   where service = $1
     and ${isBeyond(['started_at', 'id'], after, ['$2', '$3'])}
     and ${isBeyond(['started_at', 'id'], upTo, ['$4', '$5'])}
   order by started_at ${sort}, id ${sort}
   limit ${windowMax - 1}, 1`,
)

/** Those that a narrower index finds, sorted: of at most as many as a window has. */
const narrowed = (from: string, where: string): Ordered =>
  ordered(
    direction => `select ${listedColumns}
   from (
     select saga.id
     from ${from}
     where saga.service = $1
       and ${where}
     and ${isBetween(direction)}
     and ${isWanted}
     order by saga.started_at ${direction.sort}, saga.id ${direction.sort}
     limit $14
   ) as page
   straight_join makegood_saga as saga on saga.service = $1 and saga.id = page.id
   order by saga.started_at ${direction.sort}, saga.id ${direction.sort}`,
  )

export const sagasInFlight: Ordered = narrowed(
  'makegood_saga as saga force index (saga_ended)',
  'saga.ended_at is null',
)
export const sagasByKey: Ordered = narrowed(
  'makegood_saga as saga force index (primary)',
  `saga.definition = $3
       and saga.saga_key >= $8
       and saga.saga_key <= $9`,
)

const counted = (from: string, where: string, most: number): Query =>
  query(
    `select ${asText('count(*)')} as number
   from (
     select 1
     from ${from}
     where saga.service = $1
       and ${where}
     limit ${most}
   ) as counted`,
  )

export const inFlightNumber: Query = counted(
  'makegood_saga as saga force index (saga_ended)',
  `saga.ended_at is null
       and ($2 is null or saga.definition = $2)
       and ($3 is null or saga.version = $3)`,
  inFlightCountMax,
)
export const byKeyNumber: Query = counted(
  'makegood_saga as saga force index (primary)',
  `saga.definition = $2
       and saga.saga_key >= $3
       and saga.saga_key <= $4`,
  countMax,
)

export const nextDefinition: Query = query(
  `select definition
   from makegood_saga force index (primary)
   where service = $1
     and definition > $2
   order by definition
   limit 1`,
)

export const sagaCounts: Query = query(
  `select definition, status, ${asText(`least(count(*), ${windowMax})`)} as number,
     if(sum(count(*)) over (partition by has_ended) > ${windowMax}, 'true', 'false') as more
   from (
     (
       select definition, status, 0 as has_ended
       from makegood_saga force index (saga_ended)
       where service = $1
         and ended_at is null
       limit ${countMax}
     )
     union all
     (
       select definition, status, 1
       from makegood_saga force index (saga_ended)
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
  `select definition, ${asText('version')} as version, ${asText('count(*)')} as sagas
   from makegood_saga force index (saga_ended)
   where service = $1
     and ended_at is null
   group by definition, makegood_saga.version
   order by definition, makegood_saga.version`,
)

const isOpen = (side: string): string =>
  `json_unquote(json_extract(saga.steps, concat('$.', json_quote(step.name), '.${side}.state'))) in ('open', 'pausing', 'closing')`

export const standing: Query = query(
  `select saga.definition, ${asText('saga.version')} as version, step.name as step, saga.status,
     ${asText('count(*)')} as sagas
   from (
     select newest.definition, newest.version, newest.status,
       coalesce(json_extract(newest.state, '$.was.steps'), json_extract(newest.state, '$.steps')) as steps
     from (
       select definition, version, status, ${plainJson('state')} as state
       from makegood_saga force index (saga_ended)
       where service = $1
         and ended_at is null
       order by started_at desc
       limit ${windowMax}
     ) as newest
   ) as saga
   join json_table(json_keys(saga.steps), '$[*]' columns (name ${text(440)} path '$')) as step
   where ${isOpen('forward')}
     or ${isOpen('back')}
   group by saga.definition, saga.version, step.name, saga.status
   order by saga.definition, saga.version, step.name, saga.status`,
)

const newestEnded = `
   from (
     select definition, status, started_at, ended_at
     from makegood_saga force index (saga_ended)
     where service = $1
       and ended_at >= timestamp'1970-01-01 00:00:00' + ${microseconds('$2')}
     order by ended_at desc
     limit 20000
   ) as saga`

export const endedByMinute: Query = query(
  `select definition, status, ${milliseconds('ended.minute')} as at, ${asText('count(*)')} as sagas
   from (
     select definition, status, cast(date_format(ended_at, '%Y-%m-%d %H:%i:00') as datetime) as minute
     ${newestEnded}
   ) as ended
   group by definition, status, ended.minute
   order by ended.minute, definition, status`,
)

/** In buckets of which eight double the time. */
export const durations: Query = query(
  `select definition, status, ${asText('ended.bucket')} as bucket, ${asText('count(*)')} as sagas
   from (
     select definition, status,
       cast(floor(8 * log2(greatest(timestampdiff(microsecond, started_at, ended_at) / 1000, 1))) as signed) as bucket
     ${newestEnded}
   ) as ended
   group by definition, status, ended.bucket
   order by definition, status, ended.bucket`,
)

export const journal: Query = query(
  `select event.saga_id, event.kind, event.step, event.detail, ${milliseconds('event.at')} as at
   from makegood_saga_event as event
   where event.service = $1
     and event.saga_id = $2
   order by event.number`,
)

// ── The inbox ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The same text for what differs only by numbers, ids and what stands in quotes. */
const gist = (of: string): string => `regexp_replace(left(${of}, 500), '"[^"]*"|[0-9a-fA-F-]{8,}|[0-9]+', '…')`

const fingerprint = (...parts: readonly string[]): string =>
  `left(sha2(concat_ws(char(10), ${parts.join(', ')}), 256), 16)`

const fingerprintOfMessage = fingerprint('message.state', 'message.type', gist('message.error'))

const entryColumns = `${inboxColumns},
     case when message.state = 'parked' then ${milliseconds('message.due_at')} end as tried_at,
     case
       when message.state in ('parked', 'dead') and message.due_at is not null and message.error is not null
       then ${fingerprintOfMessage}
     end as fingerprint,
     ${placeOf('message.received_at')} as place`

export const messages: Query = query(
  `select ${entryColumns}
   from makegood_inbox as message
   where message.service = $1
     and message.correlation_id = $2
   order by message.received_at, message.message_id`,
)

export const inboxRows: Query = query(
  `select ${entryColumns}
   from ${namesOf('$2')} as given
   straight_join makegood_inbox as message
   where message.service = $1
     and message.identity = given.name`,
)

const messagePlace = ['message.received_at', 'message.identity'] as const

const isWantedMessage = `${isBeyond(messagePlace, '>', ['$4', '$5'])}
     and ${isBeyond(messagePlace, '<=', ['$6', '$7'])}
     and ($2 is null or message.type = $2)
     and ($3 is null or message.error is not null and ${fingerprintOfMessage} = $3)`

export const participations: Query = query(
  `select message.saga_id, message.identity, ${placeOf('message.received_at')} as place
   from makegood_inbox as message force index (inbox_received)
   where message.service = $1
     and message.kind = 'command'
     and ${isBeyond(messagePlace, '>', ['$2', '$3'])}
     and ${isBeyond(messagePlace, '<=', ['$4', '$5'])}
   order by message.received_at, message.identity
   limit $6`,
)

/** Where a window ends that begins after the first place; none if it is the last one. */
export const inboxWindow: Query = query(
  `select ${placeOf('message.received_at')} as place, message.identity
   from makegood_inbox as message force index (inbox_received)
   where message.service = $1
     and ${isBeyond(messagePlace, '>', ['$2', '$3'])}
     and ${isBeyond(messagePlace, '<=', ['$4', '$5'])}
   order by message.received_at, message.identity
   limit ${windowMax - 1}, 1`,
)

export const dead: Query = query(
  `select ${entryColumns}
   from makegood_inbox as message force index (inbox_due)
   where message.service = $1
     and message.state = 'dead'
     and message.due_at = ${never}
     and ${isWantedMessage}
   order by message.received_at, message.identity
   limit $8`,
)

/** Where a window ends that begins after the first place; none if it is the last one. */
export const deadWindow: Query = query(
  `select ${placeOf('message.received_at')} as place, message.identity as id
   from makegood_inbox as message force index (inbox_due)
   where message.service = $1
     and message.due_at = ${never}
     and ${isBeyond(messagePlace, '>', ['$2', '$3'])}
     and ${isBeyond(messagePlace, '<=', ['$4', '$5'])}
   order by message.received_at, message.identity
   limit ${windowMax - 1}, 1`,
)

/** The index has them in the order in which they are due: of as many as a window has, the oldest. */
export const parked: Query = query(
  `select ${entryColumns}
   from (
     select identity
     from makegood_inbox force index (inbox_due)
     where service = $1
       and state = 'parked'
       and due_at < ${never}
     order by due_at
     limit ${windowMax}
   ) as first
   straight_join makegood_inbox as message on message.service = $1 and message.identity = first.identity
   where ${isWantedMessage}
   order by message.received_at, message.identity
   limit $8`,
)

// ── Failures ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Groups what fails: rows of id, what, code, step, says and at, of which there is one more than is looked at. */
const failuresOf = (kind: string, failing: string): Query =>
  query(
    `select what, code, step, fingerprint, ${asText(`least(count(*), ${windowMax})`)} as number,
     if(max(looked_at) > ${windowMax}, 'true', 'false') as more,
     ${milliseconds('min(at)')} as oldest_at, ${milliseconds('max(at)')} as newest_at,
     max(case when place = 1 then says end) as says,
     max(case when place = 1 then id end) as first_id,
     max(case when place = 2 then id end) as second_id,
     max(case when place = 3 then id end) as third_id
   from (
     select known.*, count(*) over () as looked_at,
       row_number() over (partition by fingerprint order by at, id) as place
     from (
       select failing.*, ${fingerprint(`'${kind}'`, 'what', ...(kind === 'stuck' ? [`coalesce(step, '')`, 'code'] : []), gist('says'))} as fingerprint
       from (
         ${failing}
         limit ${countMax}
       ) as failing
     ) as known
   ) as placed
   group by what, code, step, fingerprint
   order by count(*) desc, fingerprint
   limit 200`,
  )

const failingMessages = `select identity as id, type as what, null as code, null as step, left(error, 500) as says,
           received_at as at
         from makegood_inbox force index (inbox_due)
         where service = $1
           and error is not null`

export const deadFailures: Query = failuresOf(
  'dead',
  `${failingMessages}
           and state = 'dead'
           and due_at = ${never}
         order by received_at, identity`,
)

export const parkedFailures: Query = failuresOf(
  'parked',
  `${failingMessages}
           and state = 'parked'
           and due_at < ${never}
         order by due_at`,
)

/**
 * It stands behind all that came from outside, but for what a definition threw at: what is before it may be nested more
 * deeply than MariaDB takes apart.
 */
const trouble = (state: string): string =>
  `concat('{"trouble":', substring_index(${plainJson(state)}, ',"trouble":', -1))`

const troubleText = (name: string): string => `json_unquote(json_extract(stuck.state, '$.trouble.${name}'))`

export const stuckFailures: Query = failuresOf(
  'stuck',
  `select stuck.id, stuck.definition as what, coalesce(${troubleText('code')}, '') as code,
           ${troubleText('step')} as step, left(coalesce(${troubleText('says')}, ''), 500) as says, stuck.at
         from (
           select id, definition, ${trouble('state')} as state, changed_at as at
           from makegood_saga force index (saga_ended)
           where service = $1
             and ended_at is null
             and status = 'stuck'
         ) as stuck
         order by stuck.at, stuck.id`,
)

// ── The audit ───────────────────────────────────────────────────────────────────────────────────────────────────────

const entries = (where: string): string =>
  `select ${asText('number')} as number, ${milliseconds('at')} as at, done_by, action, target, reason, detail
   from makegood_audit
   where service = $1${where}
     and ($2 is null or done_by = $2)
     and ($3 is null or action = $3)
     and makegood_audit.number < $5
   order by makegood_audit.number desc
   limit $6`

export const audit: Query = query(entries('\n     and $4 is null'))
export const auditOfTarget: Query = query(entries('\n     and target = $4'))

// ── The service as a whole ──────────────────────────────────────────────────────────────────────────────────────────

/** Up to now. */
const millisecondsSince = (time: string): string => `timestampdiff(microsecond, ${time}, ${now}) div 1000`

/** Nothing here counts what has ended: that grows for months, and this is asked every few seconds. */
export const figures: Query = query(
  `select in_flight.sagas, in_flight.unchanged_ms, in_flight.overdue_ms,
     parked.number as parked, parked.age_ms as parked_age_ms,
     (
       select ${asText('count(*)')}
       from makegood_inbox force index (inbox_due)
       where service = $1
         and state = 'dead'
         and due_at = ${never}
     ) as dead,
     unsent.number as outbox, unsent.age_ms as outbox_age_ms
   from (
     select cast(json_objectagg(by_status.status, by_status.sagas) as char) as sagas,
       cast(json_objectagg(by_status.status, by_status.unchanged_ms) as char) as unchanged_ms,
       ${asText('max(by_status.overdue_ms)')} as overdue_ms
     from (
       select status, count(*) as sagas, ${millisecondsSince('min(changed_at)')} as unchanged_ms,
         ${millisecondsSince('min(wake_at)')} as overdue_ms
       from makegood_saga force index (saga_ended)
       where service = $1
         and ended_at is null
       group by status
     ) as by_status
   ) as in_flight
   cross join (
     select ${asText('count(*)')} as number, ${asText(millisecondsSince('min(received_at)'))} as age_ms
     from makegood_inbox force index (inbox_due)
     where service = $1
       and state = 'parked'
       and due_at < ${never}
   ) as parked
   cross join (
     select ${asText('count(*)')} as number, ${asText(millisecondsSince('min(created_at)'))} as age_ms
     from makegood_outbox
     where service = $1
   ) as unsent`,
)

export const condition: Query = query(
  `select ${milliseconds(now)} as now,
     (
       select ${asText('max(number)')}
       from makegood_migration
     ) as applied,
     (
       select ${asText('count(*)')}
       from (
         select 1
         from makegood_inbox force index (inbox_received)
         where service = $1
         limit ${countMax}
       ) as counted
     ) as inbox,
     (
       select latest.error
       from (
         select error
         from makegood_outbox force index (outbox_claim)
         where service = $1
         order by claimed_until desc
         limit 1000
       ) as latest
       where latest.error is not null
       limit 1
     ) as outbox_error`,
)
