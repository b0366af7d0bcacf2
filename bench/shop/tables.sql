-- The tables that every set-up's steps work on. A set-up with a database per service uses one of them in each.
create table stock (
  sku int primary key,
  quantity int not null check (quantity >= 0)
);
create table accounts (
  account int primary key,
  balance_cents bigint not null check (balance_cents >= 0)
);
create table regions (
  region text primary key,
  served boolean not null
);
create table shipments (
  order_id text primary key,
  quantity int not null,
  amount_cents int not null
);

insert into stock
select sku, 1000000 from generate_series(1, 1000) as sku;

insert into accounts
select account, 1000000000 from generate_series(1, 10000) as account;

insert into regions
values ('mainland', true), ('island', false);
