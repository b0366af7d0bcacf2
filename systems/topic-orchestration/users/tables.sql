create table if not exists users (
  id integer generated always as identity primary key,
  name text not null,
  balance_cents bigint not null check (balance_cents >= 0)
);

-- What was taken for an order: what is given back is found here, and given back once.
create table if not exists debits (
  saga_id text primary key,
  order_id integer not null,
  user_id integer not null,
  amount_cents bigint not null check (amount_cents >= 0),
  refunded_at timestamptz
);
