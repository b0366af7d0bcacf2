-- What the simulated provider beside this service was asked, and what it answered: its books, not the service's.
create table if not exists provider_requests (
  key text primary key,
  kind text not null,
  order_id uuid not null,
  amount decimal(10, 2) not null default 0,
  outcome text not null check (outcome in ('done', 'refused')),
  reference text,
  reason text,
  requested_at timestamptz not null default now()
);
create index if not exists provider_requests_of_order on provider_requests (order_id);
