create table if not exists users (
  id integer primary key
);

create table if not exists products (
  id integer primary key,
  price_cents integer not null check (price_cents >= 0)
);

create table if not exists orders (
  id char(36) primary key,
  user_id integer not null,
  product_id integer not null,
  price_cents integer not null check (price_cents >= 0),
  status varchar(20) not null check (status in ('ORDER_CREATED', 'ORDER_COMPLETED', 'ORDER_CANCELLED')),
  placed_at timestamp(3) not null default current_timestamp(3),
  constraint orders_by_time unique (placed_at, id)
);

insert into users (id)
select seed.id
from (select 1 as id union all select 2 union all select 3) as seed
where not exists (select 1 from users where users.id = seed.id);

insert into products (id, price_cents)
select seed.id, seed.price_cents
from (select 1 as id, 2000 as price_cents union all select 2, 3000 union all select 3, 5000) as seed
where not exists (select 1 from products where products.id = seed.id);
