create table if not exists stocks (
  product_id integer primary key,
  quantity integer not null check (quantity >= 0)
);

-- What was taken, and for whom: a cancellation gives back what is in here, once.
create table if not exists reservations (
  order_id uuid primary key,
  product_id integer not null references stocks,
  status text not null check (status in ('RESERVED', 'CANCELLED'))
);

insert into stocks (product_id, quantity) values (1, 5), (2, 5), (3, 3)
on conflict (product_id) do nothing;
