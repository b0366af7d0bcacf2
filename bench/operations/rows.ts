/** How many there are to be. */
export interface Amounts {
  readonly finished: number
  readonly running: number
  readonly deadLetters: number
  readonly parked: number
}

/**
 * Makes as many rows as wanted of what `keepRealSagas` has kept: finished sagas over 90 days with their journal, the
 * replies of the last 30, and those that have not ended. One in ten is of another definition, one in a thousand of a
 * rare one. Statements of PostgreSQL.
 */
export function rows({ finished, running, deadLetters, parked }: Amounts): readonly string[] {
  return [
    'set synchronous_commit = off',
    `create unlogged table made as
     select numbered.n, real.place, ${idOf('numbered.started_at', 'numbered.n')} as id, numbered.started_at,
       numbered.started_at + interval '20 ms' + random() * interval '10 s' as ended_at,
       case when numbered.n % 1000 = 7 then 'gift-card' when numbered.n % 10 = 3 then 'returns' else 'checkout' end
         as definition,
       1 + (numbered.n % 3 = 0)::integer as version
     from (
       select n, now() - interval '90 days' + n * (interval '90 days' / ${finished}) as started_at
       from generate_series(1, ${finished}) as n
     ) as numbered
     join real_saga as real on real.place = case when numbered.n % 8 = 5 then 'compensated' else 'completed' end`,
    `insert into makegood.saga (
       service, id, definition, version, key, data, headers, status, state, started_at, changed_at, ended_at
     )
     select real.service, made.id, made.definition, made.version, 'order-' || lpad(made.n::text, 7, '0'),
       ${dataOf('made.n')}, real.headers, real.status, real.state, made.started_at, made.ended_at, made.ended_at
     from made
     join real_saga as real on real.place = made.place
     order by made.n`,
    `insert into makegood.saga_event (service, saga_id, at, kind, step, detail)
     select event.service, made.id, made.started_at, event.kind, event.step, event.detail
     from made
     join real_event as event on event.place = made.place
     order by made.n, event.number`,
    `insert into makegood.inbox (
       service, identity, message_id, kind, type, saga_id, correlation_id, causation_id, digest, received_at,
       state, attempt, refusals, call_begun, answer, error, attempts
     )
     select reply.service, replace(reply.identity, reply.message_id, reply.message_id || made.n),
       reply.message_id || made.n, reply.kind, reply.type, made.id, made.id, reply.causation_id || made.n, reply.digest,
       made.ended_at, reply.state, reply.attempt, reply.refusals, reply.call_begun, reply.answer, reply.error, null
     from made
     join real_reply as reply on reply.place = made.place
     where made.started_at > now() - interval '30 days'
     order by made.n`,
    'drop table made',

    `insert into makegood.saga (
       service, id, definition, version, key, data, headers, status, state, wake_at, check_at, started_at, changed_at
     )
     select real.service, ${idOf('flight.started_at', 'flight.n')}, real.definition, real.version,
       'order-' || flight.n, ${dataOf('flight.n')}, real.headers,
       case when flight.is_stuck then 'stuck' else real.status end,
       case
         when flight.is_stuck then ${asWritten(stuck)}
         else real.state
       end,
       case when not flight.is_stuck then now() + interval '1 day' end,
       case when not flight.is_stuck then now() + interval '1 day' end,
       flight.started_at, flight.started_at + interval '1 s'
     from (
       select ${finished} + n as n, n % 20 = 0 as is_stuck,
         case
           when n % 20 = 0 then 'shipping'
           when n % 20 < 3 then 'compensating'
           else (array['stock', 'payment', 'shipping'])[1 + n % 3]
         end as place,
         now() - random() * case when n % 20 = 0 then interval '90 days' else interval '2 hours' end as started_at
       from generate_series(1, ${running}) as n
     ) as flight
     join real_saga as real on real.place = flight.place`,

    waiting('dead', deadLetters, `'infinity'`),
    waiting('parked', parked, `now() + interval '1 day' + n * interval '1 s'`),
    'vacuum (analyze) makegood.saga',
    'vacuum (analyze) makegood.saga_event',
    'vacuum (analyze) makegood.inbox',
    'checkpoint',
  ]
}

/** As ids of version 7 are: what starts later has a greater one. */
function idOf(time: string, number: string): string {
  const hex = `lpad(to_hex((extract(epoch from ${time}) * 1000)::bigint), 12, '0')`
  return `left(${hex}, 8) || '-' || right(${hex}, 4) || '-7000-8000-' || lpad(to_hex(${number}), 12, '0')`
}

/** What the shop needs to know of an order, and what shops know beside that. */
function dataOf(n: string): string {
  return asWritten(`json_build_object(
         'orderId', 'order-' || ${n}, 'sku', 1 + ${n} % 1000, 'quantity', 1 + ${n} % 3, 'account', 1 + ${n} % 10000,
         'amountCents', 100 + ${n} % 90000, 'region', 'mainland',
         'customer', json_build_object(
           'name', 'Customer ' || ${n}, 'email', 'customer-' || ${n} || '@example.com',
           'address', json_build_object(
             'street', 'Long Street ' || ${n} % 400, 'city', 'Town ' || ${n} % 900, 'zip', lpad((${n} % 99999)::text, 5, '0')
           )
         ),
         'items', json_build_array(
           json_build_object('sku', 1 + ${n} % 1000, 'title', 'Thing number ' || ${n} % 1000, 'cents', 100 + ${n} % 30000),
           json_build_object('sku', 1 + ${n} % 700, 'title', 'Thing number ' || ${n} % 700, 'cents', 100 + ${n} % 20000)
         ),
         'note', 'Please leave it with the neighbour if nobody answers the door.'
       )`)
}

const stuck = `json_build_object('status', 'stuck', 'was', real.state, 'trouble', json_build_object(
           'code', (array['SILENT', 'FAILED', 'UNPROCESSABLE'])[1 + flight.n % 3],
           'step', 'shipping',
           'says', (array[
             'No answer to 9 messages since 2026-01-01T00:00:00.000Z.',
             'Refused with NO_CARRIER in all its attempts: {"order":"' || flight.n || '"}',
             'Its message is a dead letter at the participant: carrier ' || flight.n % 7 || ' timed out.'
           ])[1 + flight.n % 3]
         ))`

/** Without the blanks that PostgreSQL puts between: makegood writes JSON as JavaScript does. */
function asWritten(json: string): string {
  return `replace(replace((${json})::text, '" : ', '":'), ', "', ',"')::json`
}

/** Messages of the shop's own types in five groups of failures. */
function waiting(state: 'dead' | 'parked', number: number, dueAt: string): string {
  return `insert into makegood.inbox (
       service, identity, message_id, kind, type, saga_id, correlation_id, digest, received_at,
       state, attempt, refusals, call_begun, error, envelope, attempts, first_attempt_at, due_at, fence
     )
     select 'orders', '${state}/' || n, '${state}-' || n, 'reply', 'shipping.ship', 'none', 'chain-' || n, 'digest',
       now() - n * interval '10 s', '${state}', 1, 0, false,
       (array[
         'PAYLOAD_INVALID: shipping.ship: /quantity must be an integer, in message ' || n,
         'connect ECONNREFUSED 10.0.0.' || n % 200 || ':5432',
         'The carrier "' || n || '" is not known.',
         'Cannot read properties of undefined (reading ''zip'')',
         'HANDLER_TIMEOUT: It took longer than 5000 ms.'
       ])[1 + n % 5],
       json_build_object(
         'id', '${state}-' || n, 'address', 'orders', 'mandatory', true,
         'headers', json_build_object('ce-id', '${state}-' || n, 'ce-type', 'shipping.ship'),
         'body', ${dataOf('n')}::text
       ),
       5, now() - interval '1 hour', ${dueAt}, 1
     from generate_series(1, ${number}) as n`
}
