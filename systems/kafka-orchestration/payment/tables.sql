create table if not exists balances (
  user_id integer primary key,
  balance_cents bigint not null check (balance_cents >= 0)
);

-- One for each order, approved or rejected; of users whom nobody knows too.
create table if not exists payments (
  id integer generated always as identity primary key,
  order_id uuid not null unique,
  user_id integer not null,
  amount_cents bigint not null check (amount_cents >= 0),
  status text not null check (status in ('PAYMENT_APPROVED', 'PAYMENT_REJECTED'))
);

insert into balances (user_id, balance_cents) values (1, 10000), (2, 10000), (3, 20000)
on conflict (user_id) do nothing;
