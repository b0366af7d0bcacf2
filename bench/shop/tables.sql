-- The tables that every set-up's steps work on, in what PostgreSQL, MySQL and MariaDB all understand. A set-up with a
-- database per service uses one of them in each.
create table stock (
  sku int primary key,
  quantity int not null check (quantity >= 0)
);
create table accounts (
  account int primary key,
  balance_cents bigint not null check (balance_cents >= 0)
);
create table regions (
  region varchar(100) primary key,
  served boolean not null
);
create table shipments (
  order_id varchar(100) primary key,
  quantity int not null,
  amount_cents int not null
);

create table digits (
  digit int primary key
);
insert into digits
values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);

insert into stock
select 1 + a.digit + 10 * b.digit + 100 * c.digit as sku, 1000000
from digits as a, digits as b, digits as c
order by sku;

insert into accounts
select 1 + a.digit + 10 * b.digit + 100 * c.digit + 1000 * d.digit as account, 1000000000
from digits as a, digits as b, digits as c, digits as d
order by account;

insert into regions
values ('mainland', true), ('island', false);
