-- 0001: the queues of the services that share this database. Safe while services run: it only adds.
--
-- A schema of its own: the store of a service may live in the same database, and keeps its own list of migrations.
-- Names and ids are compared byte by byte (collate "C"), as in the store.

-- What takes messages: a queue for each service, and one for copies of its dead letters.
create table makegood_queues.queue (
  name text collate "C" primary key,
  -- Read by one process at a time.
  in_order boolean not null
);

-- Which addresses a queue receives. Senders keep a copy, and every publish compares its number of rows and the largest
-- number with theirs: what was bound before a message was sent gets it, whoever bound it.
create table makegood_queues.binding (
  exchange text collate "C" not null,
  queue text collate "C" not null,
  pattern text collate "C" not null,
  number bigint generated always as identity,
  primary key (exchange, queue, pattern)
);

-- Who takes from a queue. What a reader has taken is its own until it is gone: its row deleted, or its time over.
create table makegood_queues.reader (
  id uuid primary key,
  queue text collate "C" not null,
  -- The one that has been there longest is the one that takes from a queue in order.
  number bigint generated always as identity,
  service text not null,
  since timestamptz not null default now(),
  alive_until timestamptz not null
) with (
  -- A few rows, each written again every second or two.
  fillfactor = 50,
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 500
);

-- One row for each message and queue. It is deleted when it is acknowledged, so that the table stays as small as what
-- waits.
create table makegood_queues.message (
  queue text collate "C" not null,
  number bigint generated always as identity,
  id text not null,
  address text not null,
  headers text not null,
  body text not null,
  sent_at timestamptz not null default now(),
  -- Who took it last, and how often it was taken: no index mentions them, so that taking leaves the index alone.
  reader uuid,
  takes integer not null default 0,
  primary key (queue, number)
) with (
  -- Room on each page for its rows to be taken there.
  fillfactor = 50,
  -- As many rows die here as are born: clean up by their number, not by a share of a table that is nearly empty; and
  -- leave the emptied pages to the messages that come next, for to cut them off everybody has to be locked out.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 50000,
  autovacuum_analyze_scale_factor = 0,
  autovacuum_analyze_threshold = 5000,
  vacuum_truncate = off
);
