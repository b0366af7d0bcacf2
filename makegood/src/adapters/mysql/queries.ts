/**
 * Every question that makegood asks of MySQL and MariaDB, but for the migrations. They go as prepared statements, each
 * parsed once a connection; rows go in as one JSON text, and so the text of a statement is the same for any number of
 * them. What comes out is text: no setting of the user's driver for dates, numbers or JSON reaches it.
 *
 * There is no `returning` in MySQL: rows are locked first, then changed, then read. Every statement that locks several
 * rows goes through them in the order of the list it was given: `straight_join` leaves that to nobody.
 */
export interface Query {
  readonly text: string
  /** Which of the given values each `?` of the text stands for. */
  readonly places: readonly number[]
}

/** `$1` is the first value, as often as it stands there. */
export function query(text: string): Query {
  const places: number[] = []
  const said = text.replace(/\$(\d+)/g, (_place, number) => {
    places.push(Number(number) - 1)
    return '?'
  })
  return { text: said, places }
}

/** A list of rows, each a list of values in the order of the columns. */
const rowsOf = (value: string, columns: Columns): string =>
  `json_table(${value}, '$[*]' columns (
       place for ordinality,
       ${Object.entries(columns)
         .map(([name, type], at) => `${name} ${type} path '$[${at}]' error on error`)
         .join(',\n       ')}
     ))`

type Columns = { readonly [name: string]: string }

/** A list of names. */
export const namesOf = (value: string): string =>
  `json_table(${value}, '$[*]' columns (place for ordinality, name ${text(440)} path '$' error on error))`

/** Where the database has another character set by default, ours are what they are. */
export function text(characters: number): string {
  return `varchar(${characters}) character set utf8mb4`
}
const longText = 'longtext character set utf8mb4'

/** Of this statement: MySQL's clock moves on within a transaction. */
export const now = 'utc_timestamp(6)'
/** When a dead letter is due. */
export const never = `timestamp'9999-12-31 00:00:00'`

export const microseconds = (ms: string): string => `interval cast(${ms} * 1000 as signed) microsecond`
const fromNow = (ms: string): string => `${now} + ${microseconds(ms)}`
const atTime = (ms: string): string => `timestamp'1970-01-01 00:00:00' + ${microseconds(ms)}`
export const asText = (number: string): string => `cast(${number} as char)`
/** Of a time since 1970, or between two. */
export const milliseconds = (time: string, since = `timestamp'1970-01-01 00:00:00'`): string =>
  asText(`timestampdiff(microsecond, ${since}, ${time}) div 1000`)

/** MySQL wants to be told that it need not lock the list that was given; MariaDB never would, and does not read this. */
const forUpdate = (table: string): string => `for update /*!80000 of ${table} */`

// Transactions

/** A name that two share is locked for both: that costs a wait, and no more. */
export const takeLocks: Query = query(
  `insert into makegood_name (service, hash)
   select distinct $1, crc32(given.name) & 65535 as hash
   from ${namesOf('$2')} as given
   order by hash
   on duplicate key update makegood_name.hash = makegood_name.hash`,
)

export const transactionTime: Query = query(`select ${milliseconds(now)} as now`)

// Inbox

/** In the order of `handlingOf`. */
const handlingColumns: Columns = {
  state: text(16),
  attempt: 'integer',
  refusals: 'integer',
  call_begun: 'integer',
  answer: longText,
  error: longText,
  envelope: longText,
  attempts: 'integer',
  first_attempt_at: 'double',
  due_in_ms: 'double',
  lease_ms: 'double',
  fence: 'integer',
}

/** In the order of `admittedOf`. */
const admittedColumns: Columns = {
  identity: text(440),
  message_id: text(200),
  kind: text(16),
  type: text(200),
  saga_id: text(200),
  correlation_id: text(200),
  causation_id: text(200),
  digest: text(200),
  order_key: text(200),
  ...handlingColumns,
}

const dueAt = `case when given.state = 'dead' or given.due_in_ms >= 1e14 then ${never} else ${fromNow('given.due_in_ms')} end`
const leasedUntil = `case when given.lease_ms > 0 then ${fromNow('given.lease_ms')} end`
const firstAttemptAt = `case when given.first_attempt_at > 0 then ${atTime('given.first_attempt_at')} end`

/**
 * Waits for whoever is admitting one of them, as a plain insert would, but for its row alone and without a shared lock
 * that two could hold and neither leave. Two affected rows for one that was there.
 */
export const admit: Query = query(
  `insert into makegood_inbox (
     service, identity, message_id, kind, type, saga_id, correlation_id, causation_id, digest, order_key, received_at,
     state, attempt, refusals, call_begun, answer, error,
     envelope, attempts, first_attempt_at, due_at, leased_until, fence
   )
   select $1,
     given.identity, given.message_id, given.kind, given.type,
     given.saga_id, given.correlation_id, given.causation_id, given.digest, given.order_key, ${now},
     given.state, given.attempt, given.refusals, given.call_begun, given.answer, given.error,
     given.envelope, given.attempts, ${firstAttemptAt}, ${dueAt}, ${leasedUntil}, given.fence
   from ${rowsOf('$2', admittedColumns)} as given
   order by given.place
   on duplicate key update makegood_inbox.arrivals = makegood_inbox.arrivals + 1`,
)

/** Of those that were just to be admitted. */
export const arrivedOnce: Query = query(
  `select straight_join message.identity
   from ${namesOf('$2')} as given
   join makegood_inbox as message on message.service = $1 and message.identity = given.name
   where message.arrivals = 1
   ${forUpdate('message')}`,
)

export const settle: Query = query(
  `update ${rowsOf('$2', { identity: text(440), ...handlingColumns })} as given
   straight_join makegood_inbox as message on message.service = $1 and message.identity = given.identity
   set message.state = given.state,
     message.attempt = given.attempt,
     message.refusals = given.refusals,
     message.call_begun = given.call_begun,
     message.answer = given.answer,
     message.error = given.error,
     message.envelope = given.envelope,
     message.attempts = given.attempts,
     message.first_attempt_at = ${firstAttemptAt},
     message.due_at = ${dueAt},
     message.leased_until = ${leasedUntil},
     message.fence = given.fence`,
)

export const inboxColumns: string = `message.identity, message.message_id, message.kind, message.type,
     message.saga_id, message.correlation_id, message.causation_id, message.digest, message.order_key,
     ${milliseconds('message.received_at')} as received_at,
     message.state, ${asText('message.attempt')} as attempt, ${asText('message.refusals')} as refusals,
     if(message.call_begun, 'true', 'false') as call_begun, message.answer, message.error,
     message.envelope, ${asText('message.attempts')} as attempts,
     ${milliseconds('message.first_attempt_at')} as first_attempt_at,
     ${milliseconds(`greatest(message.leased_until, ${now})`, now)} as lease_ms, ${asText('message.fence')} as fence`

export const lockInbox: Query = query(
  `select straight_join ${inboxColumns}
   from ${namesOf('$2')} as given
   join makegood_inbox as message on message.service = $1 and message.identity = given.name
   order by given.place
   ${forUpdate('message')}`,
)

export const heldKeys: Query = query(
  `select distinct message.order_key
   from ${namesOf('$2')} as given
   straight_join makegood_inbox as message force index (inbox_order)
     on message.service = $1 and message.order_key = given.name
   where message.due_at is not null
     and message.state = 'parked'`,
)

/** Nothing of its key came before it and is still parked (protocol, rule 23). */
const isFirstOfKey = `(
       parked.order_key is null
       or not exists (
         select 1
         from makegood_inbox as earlier
         where earlier.service = $1
           and earlier.order_key = parked.order_key
           and earlier.due_at is not null
           and earlier.state = 'parked'
           and earlier.number < parked.number
       )
     )`

/** A range of the index, read in its order: a plan of its own might lock all that is due to take the first few. */
const duePart = `from makegood_inbox as parked force index (inbox_due)
   where parked.service = $1
     and parked.state = 'parked'
     and parked.due_at <= ${now}
     and (parked.leased_until is null or parked.leased_until <= ${now})
     and not exists (select 1 from ${namesOf('$2')} as exempt where exempt.name = parked.type)
     and ${isFirstOfKey}`

/** Most of the time nothing is due: to know that takes one statement and no lock. */
export const hasDue: Query = query(`select 1 as found ${duePart} limit 1`)

export const lockDue: Query = query(
  `select parked.identity
   ${duePart}
   order by parked.due_at
   limit $3
   ${forUpdate('parked')} skip locked`,
)

export const claimParked: Query = query(
  `update ${namesOf('$2')} as given
   straight_join makegood_inbox as message on message.service = $1 and message.identity = given.name
   set message.attempts = message.attempts + 1,
     message.fence = message.fence + 1,
     message.first_attempt_at = coalesce(message.first_attempt_at, ${now}),
     message.leased_until = ${fromNow('$3')}`,
)

/** What is leased can be claimed when its lease is over, however long it has been due. */
export const nextParked: Query = query(
  `select ${milliseconds(
    `nullif(least(
       coalesce(
         (
           select parked.due_at
           from makegood_inbox as parked force index (inbox_due)
           where parked.service = $1
             and parked.state = 'parked'
             and parked.due_at < ${never}
             and (parked.leased_until is null or parked.leased_until <= ${now})
             and ${isFirstOfKey}
           order by parked.due_at
           limit 1
         ),
         ${never}
       ),
       coalesce(
         (
           select min(leased.leased_until)
           from makegood_inbox as leased force index (inbox_due)
           where leased.service = $1
             and leased.state = 'parked'
             and leased.due_at < ${never}
             and leased.leased_until > ${now}
         ),
         ${never}
       )
     ), ${never})`,
    now,
  )} as in_ms`,
)

export const lockDead: Query = query(
  `select straight_join message.identity
   from ${namesOf('$2')} as given
   join makegood_inbox as message on message.service = $1 and message.identity = given.name
   where message.state = 'dead'
     and message.due_at = ${never}
   ${forUpdate('message')}`,
)

export const redrive: Query = query(
  `update ${rowsOf('$2', { identity: text(440), in_ms: 'double', envelope: longText })} as given
   straight_join makegood_inbox as message on message.service = $1 and message.identity = given.identity
   set message.state = 'parked',
     message.envelope = coalesce(given.envelope, message.envelope),
     message.attempts = 0,
     message.first_attempt_at = null,
     message.due_at = ${fromNow('given.in_ms')},
     message.leased_until = null`,
)

export const discard: Query = query(
  `update ${namesOf('$2')} as given
   straight_join makegood_inbox as message on message.service = $1 and message.identity = given.name
   set message.envelope = null,
     message.attempts = null,
     message.first_attempt_at = null,
     message.due_at = null,
     message.leased_until = null,
     message.fence = null`,
)

// Outbox

/**
 * Those of the given keys of which something is there: locked, for only so is it certainly the newest state; and by
 * their index, for on any other way the rows of other keys would be waited for too.
 */
export const keysInOutbox: Query = query(
  `select straight_join waiting.order_key
   from ${namesOf('$2')} as given
   join makegood_outbox as waiting force index (outbox_order) on waiting.service = $1 and waiting.order_key = given.name
   ${forUpdate('waiting')}`,
)

export const addToOutbox: Query = query(
  `insert into makegood_outbox (service, id, order_key, envelope, created_at, claimed_until, claims)
   select $1, given.id, given.order_key, given.envelope, ${now}, ${fromNow('given.lease_ms')}, given.lease_ms > 0
   from ${rowsOf('$2', { id: text(200), order_key: text(200), lease_ms: 'double', envelope: longText })} as given
   order by given.place`,
)

/** Most of the time everything that is there is held: to know that takes one statement and no lock. */
export const hasUnsent: Query = query(
  `select if(count(unsent.order_key) > 0, 'true', 'false') as is_in_order, ${asText('count(*)')} as found
   from (
     select order_key
     from makegood_outbox force index (outbox_claim)
     where service = $1
       and claimed_until <= ${now}
     limit 1000
   ) as unsent`,
)

/** No cursor of ids: a transaction that commits late would be behind it for good. */
export const lockUnsent: Query = query(
  `select id
   from makegood_outbox force index (outbox_claim)
   where service = $1
     and claimed_until <= ${now}
     and order_key is null
   order by claimed_until, number
   limit $2
   for update skip locked`,
)

/** Of each key the first ones, up to one that is held: whoever holds it may not have published it yet (rule 23). */
export const lockUnsentInOrder: Query = query(
  `select waiting.id
   from makegood_outbox as waiting force index (outbox_order)
   where waiting.service = $1
     and waiting.order_key is not null
     and waiting.claimed_until <= ${now}
     and not exists (
       select 1
       from makegood_outbox as earlier
       where earlier.service = $1
         and earlier.order_key = waiting.order_key
         and earlier.number < waiting.number
         and earlier.claimed_until > ${now}
     )
   order by waiting.number
   limit $2
   ${forUpdate('waiting')}`,
)

export const claimOutbox: Query = query(
  `update ${namesOf('$2')} as given
   straight_join makegood_outbox as unsent on unsent.service = $1 and unsent.id = given.name
   set unsent.claims = unsent.claims + 1,
     unsent.claimed_until = ${fromNow('$3')},
     unsent.error = null`,
)

export const claimedOutbox: Query = query(
  `select straight_join unsent.envelope, ${asText('unsent.claims')} as claims
   from ${namesOf('$2')} as given
   join makegood_outbox as unsent on unsent.service = $1 and unsent.id = given.name
   order by unsent.number`,
)

export const forget: Query = query(
  `delete sent
   from ${namesOf('$2')} as given
   straight_join makegood_outbox as sent
   where sent.service = $1
     and sent.id = given.name`,
)

export const postpone: Query = query(
  `update ${rowsOf('$2', { id: text(200), in_ms: 'double', error: longText })} as given
   straight_join makegood_outbox as unsent on unsent.service = $1 and unsent.id = given.id
   set unsent.claimed_until = ${fromNow('given.in_ms')},
     unsent.error = given.error`,
)

// Sagas

/** In the order of `stateOf`. */
const stateColumns: Columns = { status: text(16), state: longText, wake_at: 'double', ended: 'integer' }

/** Two affected rows for one that was there. */
export const insertSagas: Query = query(
  `insert into makegood_saga (
     service, id, definition, version, saga_key, data, headers, status, state, wake_at, check_at,
     started_at, changed_at, ended_at
   )
   select $1,
     given.id, given.definition, given.version, given.saga_key, given.data, given.headers, given.status, given.state,
     ${atTime('given.wake_at')}, ${atTime('given.wake_at')},
     ${now}, ${now}, case when given.ended then ${now} end
   from ${rowsOf('$2', {
     id: text(200),
     definition: text(64),
     version: 'integer',
     saga_key: text(400),
     data: longText,
     headers: longText,
     ...stateColumns,
   })} as given
   order by given.place
   on duplicate key update makegood_saga.starts = makegood_saga.starts + 1`,
)

/** Locked, as they are already: in a transaction that the user began earlier, an older state would be read otherwise. */
export const sagaIds: Query = query(
  `select straight_join saga.id
   from ${rowsOf('$2', { definition: text(64), saga_key: text(400) })} as given
   join makegood_saga as saga
     on saga.service = $1 and saga.definition = given.definition and saga.saga_key = given.saga_key
   order by given.place
   ${forUpdate('saga')}`,
)

export const sagaColumns: string = `saga.id, saga.definition, ${asText('saga.version')} as version, saga.saga_key as ${'`key`'},
     saga.data, saga.headers, saga.state, ${milliseconds('saga.wake_at')} as wake_at,
     ${milliseconds('saga.started_at')} as started_at, ${milliseconds('saga.changed_at')} as changed_at,
     ${milliseconds('saga.ended_at')} as ended_at`

export const lockSagas: Query = query(
  `select straight_join ${sagaColumns}
   from ${namesOf('$2')} as given
   join makegood_saga as saga on saga.service = $1 and saga.id = given.name
   order by given.place
   ${forUpdate('saga')}`,
)

/** Those that are looked at before it is time: a later step has put off what an earlier one waited for. */
export const lockEarly: Query = query(
  `select id
   from makegood_saga force index (saga_check)
   where service = $1
     and check_at <= ${now}
     and wake_at > ${now}
   limit 1000
   for update skip locked`,
)

export const putOffChecks: Query = query(
  `update ${namesOf('$2')} as given
   straight_join makegood_saga as saga on saga.service = $1 and saga.id = given.name
   set saga.check_at = saga.wake_at`,
)

export const lockDueSagas: Query = query(
  `select ${sagaColumns}
   from makegood_saga as saga force index (saga_check)
   where saga.service = $1
     and saga.check_at <= ${now}
     and saga.wake_at <= ${now}
     and not exists (
       select 1
       from makegood_inbox as answer force index (inbox_due)
       where answer.service = $1
         and answer.due_at < ${never}
         and answer.saga_id = saga.id
         and answer.kind = 'reply'
         and answer.state = 'parked'
     )
   order by saga.check_at
   limit $2
   ${forUpdate('saga')} skip locked`,
)

export const saveSagas: Query = query(
  `update ${rowsOf('$2', { id: text(200), ...stateColumns })} as given
   straight_join makegood_saga as saga on saga.service = $1 and saga.id = given.id
   set saga.status = given.status,
     saga.state = given.state,
     saga.check_at = case
       when given.wake_at is not null
       then least(coalesce(saga.check_at, ${never}), ${atTime('given.wake_at')})
     end,
     saga.wake_at = ${atTime('given.wake_at')},
     saga.changed_at = ${now},
     saga.ended_at = case when given.ended then coalesce(saga.ended_at, ${now}) end`,
)

export const addToJournal: Query = query(
  `insert into makegood_saga_event (service, saga_id, at, kind, step, detail)
   select $1, given.saga_id, ${now}, given.kind, given.step, given.detail
   from ${rowsOf('$2', { saga_id: text(200), kind: text(200), step: text(200), detail: longText })} as given
   order by given.place`,
)

// Audit

export const addToAudit: Query = query(
  `insert into makegood_audit (service, at, done_by, action, target, reason, detail)
   select $1, ${now}, given.done_by, given.action, given.target, given.reason, given.detail
   from ${rowsOf('$2', {
     done_by: text(200),
     action: text(64),
     target: text(440),
     reason: longText,
     detail: longText,
   })} as given
   order by given.place`,
)

// Pruning: two cleaners leave each other's rows alone, and share the work. A dead letter that was discarded is due no
// more.

export const lockOldMessages: Query = query(
  `select identity
   from makegood_inbox force index (inbox_received)
   where service = $1
     and received_at < ${now} - ${microseconds('$2')}
     and (state in ('handled', 'ignored', 'succeeded', 'failed', 'closed') or (state = 'dead' and due_at is null))
   order by received_at
   limit $3
   for update skip locked`,
)

export const pruneInbox: Query = query(
  `delete old
   from ${namesOf('$2')} as given
   straight_join makegood_inbox as old
   where old.service = $1
     and old.identity = given.name`,
)

export const lockOldSagas: Query = query(
  `select id
   from makegood_saga force index (saga_ended)
   where service = $1
     and ended_at < ${now} - ${microseconds('$2')}
   order by ended_at
   limit $3
   for update skip locked`,
)

export const pruneJournal: Query = query(
  `delete old
   from ${namesOf('$2')} as given
   straight_join makegood_saga_event as old
   where old.service = $1
     and old.saga_id = given.name`,
)

export const pruneSagas: Query = query(
  `delete old
   from ${namesOf('$2')} as given
   straight_join makegood_saga as old
   where old.service = $1
     and old.id = given.name`,
)

// The database

export const ping: Query = query('select $1 as service')
