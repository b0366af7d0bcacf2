create table if not exists products (
  id integer generated always as identity primary key,
  name text not null,
  price_cents bigint not null check (price_cents >= 0),
  stock integer not null check (stock >= 0)
);

-- What was taken for an order: what is put back is found here, and put back once.
create table if not exists withdrawals (
  saga_id text primary key,
  order_id integer not null,
  product_id integer not null,
  quantity integer not null check (quantity > 0),
  restocked_at timestamptz
);
