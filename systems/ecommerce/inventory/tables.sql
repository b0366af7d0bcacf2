create table if not exists products (
  id uuid primary key,
  name text not null,
  price decimal(10, 2) not null check (price >= 0),
  stock integer not null check (stock >= 0),
  reserved_stock integer not null default 0 check (reserved_stock between 0 and stock)
);

create table if not exists inventory_reservations (
  id uuid primary key,
  order_id uuid not null,
  product_id uuid not null references products,
  saga_id uuid not null,
  quantity integer not null check (quantity > 0),
  status text not null check (status in ('available', 'reserved', 'released', 'sold')),
  reserved_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '24 hours',
  updated_at timestamptz not null default now()
);
create index if not exists reservations_of_order on inventory_reservations (order_id);

insert into products (id, name, price, stock) values
  ('550e8400-e29b-41d4-a716-446655440001', 'Laptop Pro 15', 1299.99, 50),
  ('550e8400-e29b-41d4-a716-446655440002', 'Wireless Mouse', 49.99, 100),
  ('550e8400-e29b-41d4-a716-446655440003', 'USB-C Hub', 79.99, 75),
  ('550e8400-e29b-41d4-a716-446655440004', 'Mechanical Keyboard', 159.99, 30),
  ('550e8400-e29b-41d4-a716-446655440005', 'Monitor 24 inch', 299.99, 25)
on conflict (id) do nothing;
