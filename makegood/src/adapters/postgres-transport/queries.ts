/** Every question that the transport asks of PostgreSQL: each is a transaction by itself. */
export interface Query {
  readonly name: string
  readonly text: string
}

function query(name: string, text: string): Query {
  return { name: `makegood_queues_${name}`, text }
}

/**
 * For what may be forgotten if the server crashes: a message whose acknowledgement was lost comes again, and the inbox
 * finds the duplicate. Nobody waits for the disk then.
 */
const isRelaxed = `(select set_config('synchronous_commit', 'off', true)) = 'off'`

const fromNow = (ms: string): string => `now() + ${ms} * interval '1 ms'`

// Topology

export const declareQueues: Query = query(
  'declare_queues',
  `insert into makegood_queues.queue (name, in_order)
   select given.name, given.in_order
   from unnest($1::text[], $2::boolean[]) as given (name, in_order)
   order by given.name
   on conflict (name) do nothing`,
)

export const bind: Query = query(
  'bind',
  `insert into makegood_queues.binding (exchange, queue, pattern)
   select $1, given.queue, given.pattern
   from unnest($2::text[], $3::text[]) as given (queue, pattern)
   order by given.queue, given.pattern
   on conflict (exchange, queue, pattern) do nothing`,
)

/** Another one whenever a binding was added or deleted. */
const version = `count(*) || '/' || coalesce(max(number), 0)`

export const topology: Query = query(
  'topology',
  `select ${version} as version,
     coalesce(json_agg(json_build_array(queue, pattern)), '[]')::text as bindings,
     (select coalesce(json_agg(json_build_array(name, in_order)), '[]')::text from makegood_queues.queue) as queues
   from makegood_queues.binding
   where exchange = $1`,
)

// Messages

/** Inserts nothing if the bindings are not those that the sender went by, and answers with those that there are. */
export const publish: Query = query(
  'publish',
  `with present as materialized (
     select ${version} as version
     from makegood_queues.binding
     where exchange = $1
   ),
   sent as (
     insert into makegood_queues.message (queue, id, address, headers, body)
     select given.queue, given.id, given.address, given.headers, given.body
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
       with ordinality as given (queue, id, address, headers, body, place)
     where (select version from present) = $2
     order by given.place
   )
   select version
   from present`,
)

export const notify: Query = query(
  'notify',
  `select pg_notify('makegood_queues', given.queue)
   from unnest($1::text[]) as given (queue)
   where ${isRelaxed}`,
)

export const acknowledge: Query = query(
  'acknowledge',
  `delete from makegood_queues.message
   where queue = $1 and number = any ($3::bigint[]) and reader = $2 and ${isRelaxed}`,
)

/** The oldest that nobody has. What another takes at this moment is left to it. */
export const take: Query = query('take', taking('$2 in (select id from alive)', 'for update skip locked'))

/**
 * The same for who may take from a queue in order. Whoever has lost its turn may be taking still: it is waited for, so
 * that nothing is passed over.
 */
export const takeInOrder: Query = query(
  'take_in_order',
  taking('$2 = (select id from alive order by number limit 1)', 'for update'),
)

/** Acknowledges in the same breath. */
function taking(itMay: string, lock: string): string {
  return `with done as (
     delete from makegood_queues.message
     where queue = $1 and number = any ($3::bigint[]) and reader = $2
   ),
   alive as materialized (
     select id, number
     from makegood_queues.reader
     where queue = $1 and alive_until > now()
   ),
   free as (
     select number
     from makegood_queues.message
     where queue = $1
       and (reader is null or reader not in (select id from alive))
       and ${itMay}
       and ${isRelaxed}
     order by number
     limit $4::integer
     ${lock}
   )
   update makegood_queues.message
   set reader = $2, takes = takes + 1
   where queue = $1 and number = any (array(select number from free))
   returning number::text, id, address, headers, body, takes::text`
}

export const waiting: Query = query(
  'waiting',
  `select count(*)::text as waiting
   from (
     select
     from makegood_queues.message
     where queue = $1
       and (
         reader is null
         or reader not in (select id from makegood_queues.reader where queue = $1 and alive_until > now())
       )
     limit $2::integer
   ) as free`,
)

// Readers

/** Takes the place of those of the same queue whose time is over. */
export const join: Query = query(
  'join',
  `with gone as (
     delete from makegood_queues.reader
     where queue = $2 and alive_until < now()
   )
   insert into makegood_queues.reader (id, queue, service, alive_until)
   values ($1, $2, $3, ${fromNow('$4::float8')})`,
)

/** Answers with nothing for one whose time was over: others may have taken what it had. */
export const stayAlive: Query = query(
  'stay_alive',
  `update makegood_queues.reader
   set alive_until = ${fromNow('$2::float8')}
   where id = $1 and alive_until > now() and ${isRelaxed}
   returning 'yes' as is_alive`,
)

export const leave: Query = query(
  'leave',
  `delete from makegood_queues.reader
   where id = $1`,
)

export const ping: Query = query('ping', 'select')
