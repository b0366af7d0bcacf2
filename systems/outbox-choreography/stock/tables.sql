create table if not exists core_stock (
  id serial primary key,
  product_id varchar(20) not null unique,
  quantity integer not null check (quantity >= 0)
);

create table if not exists core_reservation (
  id serial primary key,
  order_id varchar(20) not null unique,
  product_id varchar(20) not null,
  quantity integer not null check (quantity >= 1),
  status varchar(20) not null check (status in ('reserved', 'not_reserved', 'payment_denied'))
);

insert into core_stock (product_id, quantity) values
  ('1', 10),
  ('2', 10)
on conflict (product_id) do nothing;
