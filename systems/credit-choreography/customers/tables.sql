create table if not exists customers (
  id integer primary key,
  name text not null,
  email text not null unique,
  balance_cents bigint not null default 0 check (balance_cents >= 0),
  address text
);

-- One for each order, whatever became of it.
create table if not exists payments (
  id integer generated always as identity primary key,
  customer_id integer not null,
  order_id integer not null unique,
  amount_cents bigint not null check (amount_cents >= 0),
  status text not null check (status in ('pending', 'completed', 'failed')),
  reason text
);

insert into customers (id, name, email, balance_cents, address) values
  (1, 'Alice', 'def@gmail.com', 10000, 'def')
on conflict (id) do nothing;
