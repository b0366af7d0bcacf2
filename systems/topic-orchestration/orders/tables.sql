create table if not exists orders (
  id integer generated always as identity primary key,
  product_id integer not null,
  owner_id integer not null,
  quantity integer not null check (quantity >= 1),
  status text not null default 'PROCESSING' check (status in ('PROCESSING', 'SUCCESS', 'FAILED')),
  -- The saga that ends it; null for an order that has none.
  saga_id text unique
);
