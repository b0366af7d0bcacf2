-- 0001: what a service needs beside its own tables. Safe while services run: it only adds.
--
-- Every key begins with the service, so that services may share a database and never meet each other's rows.
-- Names and ids are compared byte by byte (collate "C"): cheaper than by a language's rules, and an upgrade of the
-- system's language tables cannot break an index. What is only carried is json, not jsonb: it is written and read as
-- the text that it is, and takes whatever text JSON can hold.

-- One row for each message that this service has received: what it was, and what became of it.
create table makegood.inbox (
  service text collate "C" not null,
  identity text collate "C" not null,
  -- In the order of arrival, for those of one key.
  number bigint generated always as identity,
  -- Of a message that is handled in order: no other of its key while it is parked.
  order_key text collate "C",
  message_id text collate "C" not null,
  kind text not null,
  type text not null,
  saga_id text collate "C",
  correlation_id text collate "C" not null,
  causation_id text collate "C",
  digest text not null,
  received_at timestamptz not null default now(),
  -- What became of it so far.
  state text not null,
  attempt integer not null,
  refusals integer not null,
  call_begun boolean not null,
  answer json,
  error text,
  -- Kept as long as the message may be handled again; infinity is when a dead letter is due.
  envelope json,
  attempts integer,
  first_attempt_at timestamptz,
  due_at timestamptz,
  leased_until timestamptz,
  fence integer,
  primary key (service, identity)
) with (
  -- A command's row is written once more in the transaction that admits it: room on its page lets that happen
  -- without touching an index. For the same reason no index mentions "state".
  fillfactor = 80,
  -- A fifth of a month's messages is too long to wait for the dead rows of parked messages to be cleaned away.
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.1
);

-- Parked messages by the time they are due, and dead letters, which are due at infinity, by age.
create index inbox_due on makegood.inbox (service, due_at, received_at, identity) where due_at is not null;
create index inbox_order on makegood.inbox (service, order_key, number) where order_key is not null and due_at is not null;
-- The way of one saga or one chain of events.
create index inbox_correlation on makegood.inbox (service, correlation_id);
-- Pruning.
create index inbox_received on makegood.inbox (service, received_at);

-- Messages that are not known to have been sent. A row is deleted when its own publish was confirmed, so that the
-- table stays as small as what is on its way.
create table makegood.outbox (
  service text collate "C" not null,
  id text collate "C" not null,
  number bigint generated always as identity,
  -- Of what is published in order: not before what has a smaller number and the same key.
  order_key text collate "C",
  envelope json not null,
  created_at timestamptz not null default now(),
  claimed_until timestamptz not null,
  claims integer not null default 0,
  -- Why the last publish failed; null again while it is tried anew.
  error text,
  primary key (service, id)
) with (
  -- As many rows die here as are born: clean up by their number, not by a share of a table that is nearly empty.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_analyze_scale_factor = 0,
  autovacuum_analyze_threshold = 5000
);

create index outbox_claim on makegood.outbox (service, claimed_until, number);
create index outbox_order on makegood.outbox (service, order_key, number) where order_key is not null;

create table makegood.saga (
  service text collate "C" not null,
  id text collate "C" not null,
  definition text collate "C" not null,
  version integer not null,
  key text collate "C" not null,
  data json not null,
  headers json not null,
  status text not null,
  state json not null,
  wake_at timestamptz,
  -- Never later than wake_at, and from step to step only made earlier: it is what the index is on, so that saving a
  -- saga's step leaves every index alone. Where it turns out too early it is put off then.
  check_at timestamptz,
  started_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (service, id),
  unique (service, definition, key)
) with (
  -- A saga is written once for each of its steps.
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.02
);

create index saga_check on makegood.saga (service, check_at) where check_at is not null;
create index saga_in_flight on makegood.saga (service, definition, version) where ended_at is null;
create index saga_started on makegood.saga (service, started_at, id);
create index saga_ended on makegood.saga (service, ended_at) where ended_at is not null;

-- The journal: a row for every transition of a saga.
create table makegood.saga_event (
  service text collate "C" not null,
  saga_id text collate "C" not null,
  number bigint generated always as identity,
  at timestamptz not null default now(),
  kind text not null,
  step text,
  detail json,
  primary key (service, saga_id, number)
);
