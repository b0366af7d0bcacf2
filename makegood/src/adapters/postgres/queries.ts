/**
 * Every question that makegood asks of PostgreSQL, but for the migrations. They go as named prepared statements, each
 * parsed and planned once a connection; rows go in as one array a column, and so the text is the same for any number.
 * What comes out is text: no setting of the user's driver for dates, numbers or JSON reaches it.
 */
export interface Query {
  readonly name: string
  readonly text: string
}

export function query(name: string, text: string): Query {
  return { name: `makegood_${name}`, text }
}

/** Of a time since 1970, or of an interval. */
export const milliseconds = (time: string): string => `trunc(extract(epoch from ${time}) * 1000)::text`
const fromNow = (ms: string): string => `now() + ${ms} * interval '1 ms'`
const atTime = (ms: string): string => `to_timestamp(${ms} / 1000)`

// Transactions

export const takeLocks: Query = query(
  'take_locks',
  `select pg_advisory_xact_lock(lock.key)::text
   from (
     select distinct hashtextextended($1::text || ':' || given.name, 0) as key
     from unnest($2::text[]) as given (name)
     order by key
   ) as lock`,
)

export const transactionTime: Query = query('transaction_time', `select ${milliseconds('now()')} as now`)

// Inbox

/** In the order of the parameters of `admit` and `settle`. */
const givenHandling = `state, attempt, refusals, call_begun, answer, error,
     envelope, attempts, first_attempt_at, due_in_ms, lease_ms, fence`

const dueAt = `case
       when given.state = 'dead' or given.due_in_ms = 'infinity' then 'infinity'
       else ${fromNow('given.due_in_ms')}
     end`
const leasedUntil = `case when given.lease_ms > 0 then ${fromNow('given.lease_ms')} end`
const firstAttemptAt = `case when given.first_attempt_at > 0 then ${atTime('given.first_attempt_at')} end`

export const admit: Query = query(
  'admit',
  `insert into makegood.inbox (
     service, identity, message_id, kind, type, saga_id, correlation_id, causation_id, digest, order_key,
     state, attempt, refusals, call_begun, answer, error,
     envelope, attempts, first_attempt_at, due_at, leased_until, fence
   )
   select $1,
     given.identity, given.message_id, given.kind, given.type,
     given.saga_id, given.correlation_id, given.causation_id, given.digest, given.order_key,
     given.state, given.attempt, given.refusals, given.call_begun, given.answer, given.error,
     given.envelope, given.attempts, ${firstAttemptAt}, ${dueAt}, ${leasedUntil}, given.fence
   from unnest(
     $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
     $11::text[], $12::integer[], $13::integer[], $14::boolean[], $15::json[], $16::text[],
     $17::json[], $18::integer[], $19::float8[], $20::float8[], $21::float8[], $22::integer[]
   ) as given (
     identity, message_id, kind, type, saga_id, correlation_id, causation_id, digest, order_key,
     ${givenHandling}
   )
   order by given.identity collate "C"
   on conflict (service, identity) do nothing
   returning identity`,
)

export const settle: Query = query(
  'settle',
  `update makegood.inbox as row
   set state = given.state,
     attempt = given.attempt,
     refusals = given.refusals,
     call_begun = given.call_begun,
     answer = given.answer,
     error = given.error,
     envelope = given.envelope,
     attempts = given.attempts,
     first_attempt_at = ${firstAttemptAt},
     due_at = ${dueAt},
     leased_until = ${leasedUntil},
     fence = given.fence
   from unnest(
     $2::text[],
     $3::text[], $4::integer[], $5::integer[], $6::boolean[], $7::json[], $8::text[],
     $9::json[], $10::integer[], $11::float8[], $12::float8[], $13::float8[], $14::integer[]
   ) as given (
     identity,
     ${givenHandling}
   )
   where row.service = $1
     and row.identity = given.identity`,
)

export const inboxColumns: string = `row.identity, row.message_id, row.kind, row.type,
     row.saga_id, row.correlation_id, row.causation_id, row.digest, row.order_key,
     ${milliseconds('row.received_at')} as received_at,
     row.state, row.attempt::text, row.refusals::text, row.call_begun::text, row.answer::text, row.error,
     row.envelope::text, row.attempts::text, ${milliseconds('row.first_attempt_at')} as first_attempt_at,
     ${milliseconds("greatest(row.leased_until - now(), interval '0')")} as lease_ms, row.fence::text`

export const lockInbox: Query = query(
  'lock_inbox',
  `select ${inboxColumns}
   from makegood.inbox as row
   where row.service = $1
     and row.identity = any($2::text[])
   order by row.identity
   for update`,
)

export const heldKeys: Query = query(
  'held_keys',
  `select distinct order_key
   from makegood.inbox
   where service = $1
     and order_key = any($2::text[])
     and due_at is not null
     and state = 'parked'`,
)

/** Nothing of its key came before it and is still parked (protocol, rule 23). */
const isFirstOfKey = `(
         parked.order_key is null
         or not exists (
           select
           from makegood.inbox as earlier
           where earlier.service = $1
             and earlier.order_key = parked.order_key
             and earlier.due_at is not null
             and earlier.state = 'parked'
             and earlier.number < parked.number
         )
       )`

export const claimParked: Query = query(
  'claim_parked',
  `with due as (
     select parked.identity, parked.due_at
     from makegood.inbox as parked
     where parked.service = $1
       and parked.state = 'parked'
       and parked.due_at <= now()
       and (parked.leased_until is null or parked.leased_until <= now())
       and parked.type <> all($4::text[])
       and ${isFirstOfKey}
     order by parked.due_at
     limit $2
     for update of parked skip locked
   )
   update makegood.inbox as row
   set attempts = row.attempts + 1,
     fence = row.fence + 1,
     first_attempt_at = coalesce(row.first_attempt_at, now()),
     leased_until = ${fromNow('$3::float8')}
   from due
   where row.service = $1
     and row.identity = due.identity
   returning ${inboxColumns}, ${milliseconds('due.due_at')} as due_at`,
)

/** What is leased can be claimed when its lease is over, however long it has been due. */
export const nextParked: Query = query(
  'next_parked',
  `select trunc(extract(epoch from least(
       (
         select parked.due_at
         from makegood.inbox as parked
         where parked.service = $1
           and parked.state = 'parked'
           and parked.due_at < 'infinity'
           and (parked.leased_until is null or parked.leased_until <= now())
           and ${isFirstOfKey}
         order by parked.due_at
         limit 1
       ),
       (
         select min(leased_until)
         from makegood.inbox
         where service = $1
           and state = 'parked'
           and due_at < 'infinity'
           and leased_until > now()
       )
     ) - now()) * 1000)::text as in_ms`,
)

/** Of the given ones those that are dead letters, locked in the order of their identities. */
const deadOf = (given: string): string =>
  `select row.identity, given.*
     from ${given}
     join makegood.inbox as row on row.service = $1 and row.identity = given.letter
     where row.state = 'dead'
       and row.due_at = 'infinity'
     order by row.identity
     for update of row`

export const redrive: Query = query(
  'redrive',
  `with dead as (
     ${deadOf('unnest($2::text[], $3::float8[], $4::json[]) as given (letter, in_ms, envelope)')}
   )
   update makegood.inbox as row
   set state = 'parked',
     envelope = coalesce(dead.envelope, row.envelope),
     attempts = 0,
     first_attempt_at = null,
     due_at = ${fromNow('dead.in_ms')},
     leased_until = null
   from dead
   where row.service = $1
     and row.identity = dead.identity
   returning row.identity`,
)

export const discard: Query = query(
  'discard',
  `with dead as (
     ${deadOf('unnest($2::text[]) as given (letter)')}
   )
   update makegood.inbox as row
   set envelope = null,
     attempts = null,
     first_attempt_at = null,
     due_at = null,
     leased_until = null,
     fence = null
   from dead
   where row.service = $1
     and row.identity = dead.identity
   returning row.identity`,
)

// Outbox

export const addToOutbox: Query = query(
  'add_to_outbox',
  `insert into makegood.outbox (service, id, envelope, claimed_until, claims)
   select $1, given.id, given.envelope, ${fromNow('$2::float8')}, ($2::float8 > 0)::integer
   from unnest($3::text[], $4::json[]) as given (id, envelope)`,
)

/** Under the locks of their keys, so that numbers grow in the order of the commits (protocol, rule 23). */
export const addInOrder: Query = query(
  'add_in_order',
  `insert into makegood.outbox (service, id, order_key, envelope, claimed_until, claims)
   select $1, given.id, given.order_key, given.envelope, ${fromNow('given.lease_ms')}, (given.lease_ms > 0)::integer
   from (
     select id, order_key, envelope, place,
       case
         when exists (
           select
           from makegood.outbox as earlier
           where earlier.service = $1
             and earlier.order_key = new.order_key
         ) then 0
         else $2::float8
       end as lease_ms
     from unnest($3::text[], $4::text[], $5::json[]) with ordinality as new (id, order_key, envelope, place)
   ) as given
   order by given.place
   returning id, claims::text`,
)

/** No cursor of ids: a transaction that commits late would be behind it for good. */
export const claimOutbox: Query = claimOf(
  'claim_outbox',
  `select id
     from makegood.outbox
     where service = $1
       and order_key is null
       and claimed_until <= now()
     order by claimed_until, number
     limit $2
     for update skip locked`,
)

/** Whether anything may be claimed in order: where nobody names a key, an index with nothing in it is all that is read. */
export const hasOrder: Query = query(
  'has_order',
  `select exists (
     select
     from makegood.outbox
     where service = $1
       and order_key is not null
       and claimed_until <= now()
   )::text as found`,
)

/** One relay of a service at a time, so that none passes by what another is claiming. */
export const lockOrder: Query = query(
  'lock_order',
  `select pg_advisory_xact_lock(hashtextextended('makegood:order:' || $1::text, 0))::text`,
)

/** Of each key the first ones, up to one that is held: whoever holds it may not have published it yet (rule 23). */
export const claimInOrder: Query = claimOf(
  'claim_in_order',
  `select row.id
     from makegood.outbox as row
     where row.service = $1
       and row.order_key is not null
       and row.claimed_until <= now()
       and not exists (
         select
         from makegood.outbox as earlier
         where earlier.service = $1
           and earlier.order_key = row.order_key
           and earlier.number < row.number
           and earlier.claimed_until > now()
       )
     order by row.number
     limit $2
     for update of row`,
)

/** Holds the rows that `free` finds. */
function claimOf(name: string, free: string): Query {
  return query(
    name,
    `with free as (
     ${free}
   )
   update makegood.outbox as row
   set claims = row.claims + 1,
     claimed_until = ${fromNow('$3::float8')},
     error = null
   from free
   where row.service = $1
     and row.id = free.id
   returning row.envelope::text, row.claims::text, row.number::text`,
  )
}

/**
 * The index is walked in the order of the ids, and so are the rows locked. Locking them first in a part of its own would
 * not leave that to the plan, and takes five times as long.
 */
export const forget: Query = query(
  'forget',
  `delete from makegood.outbox as row
   where row.service = $1
     and row.id = any($2::text[])`,
)

export const postpone: Query = query(
  'postpone',
  `with held as (
     select row.id, given.in_ms, given.error
     from unnest($2::text[], $3::float8[], $4::text[]) as given (id, in_ms, error)
     join makegood.outbox as row on row.service = $1 and row.id = given.id
     order by row.id
     for update of row
   )
   update makegood.outbox as row
   set claimed_until = ${fromNow('held.in_ms')},
     error = held.error
   from held
   where row.service = $1
     and row.id = held.id`,
)

// Sagas

export const insertSagas: Query = query(
  'insert_sagas',
  `insert into makegood.saga (
     service, id, definition, version, key, data, headers, status, state, wake_at, check_at, ended_at
   )
   select $1,
     given.id, given.definition, given.version, given.key, given.data, given.headers, given.status, given.state,
     ${atTime('given.wake_at')}, ${atTime('given.wake_at')},
     case when given.ended then now() end
   from unnest(
     $2::text[], $3::text[], $4::integer[], $5::text[], $6::json[], $7::json[],
     $8::text[], $9::json[], $10::float8[], $11::boolean[]
   ) as given (id, definition, version, key, data, headers, status, state, wake_at, ended)
   order by given.definition collate "C", given.key collate "C"
   on conflict (service, definition, key) do nothing
   returning id`,
)

/** Apart from `insertSagas`, because only a later statement sees what another transaction had just committed. */
export const sagaIds: Query = query(
  'saga_ids',
  `select row.id
   from unnest($2::text[], $3::text[]) with ordinality as given (definition, key, number)
   join makegood.saga as row on row.service = $1 and row.definition = given.definition and row.key = given.key
   order by given.number`,
)

export const sagaColumns: string = `row.id, row.definition, row.version::text, row.key, row.data::text, row.headers::text,
     row.state::text, ${milliseconds('row.wake_at')} as wake_at, ${milliseconds('row.started_at')} as started_at,
     ${milliseconds('row.changed_at')} as changed_at, ${milliseconds('row.ended_at')} as ended_at`

export const lockSagas: Query = query(
  'lock_sagas',
  `select ${sagaColumns}
   from makegood.saga as row
   where row.service = $1
     and row.id = any($2::text[])
   order by row.id
   for update`,
)

/** Those that are looked at before it is time: a later step has put off what an earlier one waited for. */
export const putOffChecks: Query = query(
  'put_off_checks',
  `with early as (
     select id
     from makegood.saga
     where service = $1
       and check_at <= now()
       and wake_at > now()
     limit 1000
     for update skip locked
   )
   update makegood.saga as row
   set check_at = row.wake_at
   from early
   where row.service = $1
     and row.id = early.id`,
)

export const lockDueSagas: Query = query(
  'lock_due_sagas',
  `select ${sagaColumns}
   from makegood.saga as row
   where row.service = $1
     and row.check_at <= now()
     and row.wake_at <= now()
     and not exists (
       select
       from makegood.inbox as answer
       where answer.service = $1
         and answer.saga_id = row.id
         and answer.kind = 'reply'
         and answer.state = 'parked'
         and answer.due_at is not null
     )
   order by row.check_at
   limit $2
   for update of row skip locked`,
)

export const saveSagas: Query = query(
  'save_sagas',
  `update makegood.saga as row
   set status = given.status,
     state = given.state,
     wake_at = ${atTime('given.wake_at')},
     check_at = case when given.wake_at is not null then least(row.check_at, ${atTime('given.wake_at')}) end,
     changed_at = now(),
     ended_at = case when given.ended then coalesce(row.ended_at, now()) end
   from unnest($2::text[], $3::text[], $4::json[], $5::float8[], $6::boolean[])
     as given (id, status, state, wake_at, ended)
   where row.service = $1
     and row.id = given.id`,
)

export const addToJournal: Query = query(
  'add_to_journal',
  `insert into makegood.saga_event (service, saga_id, kind, step, detail)
   select $1, given.saga_id, given.kind, given.step, given.detail
   from unnest($2::text[], $3::text[], $4::text[], $5::json[]) as given (saga_id, kind, step, detail)`,
)

// Audit

export const addToAudit: Query = query(
  'add_to_audit',
  `insert into makegood.audit (service, done_by, action, target, reason, detail)
   select $1, given.done_by, given.action, given.target, given.reason, given.detail
   from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::json[]) as given (done_by, action, target, reason, detail)`,
)

// Pruning

/** One cleaner at a time: who does not get the lock leaves it to the other. */
export const takePruneLock: Query = query(
  'take_prune_lock',
  `select pg_try_advisory_xact_lock(hashtextextended('makegood:prune:' || $1::text, 0))::text as taken`,
)

/** A dead letter that was discarded is due no more. The old ones are chosen in a part of their own: as a condition they may be chosen once more for each row. */
export const pruneInbox: Query = query(
  'prune_inbox',
  `with old as (
     select identity
     from makegood.inbox
     where service = $1
       and received_at < now() - $2::float8 * interval '1 ms'
       and (state in ('handled', 'ignored', 'succeeded', 'failed', 'closed') or (state = 'dead' and due_at is null))
     order by received_at
     limit $3
     for update skip locked
   )
   delete from makegood.inbox as row
   using old
   where row.service = $1
     and row.identity = old.identity
   returning row.identity`,
)

export const pruneSagas: Query = query(
  'prune_sagas',
  `with old as (
     select id
     from makegood.saga
     where service = $1
       and ended_at < now() - $2::float8 * interval '1 ms'
     order by ended_at
     limit $3
     for update skip locked
   ),
   events as (
     delete from makegood.saga_event as event
     using old
     where event.service = $1
       and event.saga_id = old.id
   )
   delete from makegood.saga as row
   using old
   where row.service = $1
     and row.id = old.id
   returning row.id`,
)

// The database

export const ping: Query = query('ping', 'select $1::text as service')
