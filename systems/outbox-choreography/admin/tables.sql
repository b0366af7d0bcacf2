-- What the admin site keeps in the database of the service that it belongs to.

-- Who is signed in. The id is a digest: whoever reads this table cannot take a session over.
create table if not exists admin_sessions (
  id text primary key,
  content jsonb not null,
  expires_at timestamptz not null
);

-- Attempts to sign in that have not succeeded, by account and address; an account of '' counts all from the address.
create table if not exists admin_attempts (
  account text not null,
  address text not null,
  failures integer not null,
  last_at timestamptz not null default now(),
  primary key (account, address)
);

-- What was done in the admin site, for a year. A row is written in the transaction of what it tells of, or before it where
-- that has one of its own.
create table if not exists admin_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  account text not null,
  address text not null,
  action text not null check (action in ('add', 'change', 'delete', 'redrive')),
  table_name text not null,
  row_key text not null,
  before jsonb,
  after jsonb
);
create index if not exists admin_log_of_row on admin_log (table_name, row_key, id);
