create table if not exists products (
  id integer primary key,
  name text not null,
  description text,
  price_cents bigint not null check (price_cents >= 0),
  stock integer not null check (stock >= 0)
);

create table if not exists orders (
  id integer generated always as identity primary key,
  customer_id integer not null,
  product_id integer not null references products,
  status text not null default 'pending' check (status in ('pending', 'confirmed', 'cancelled', 'completed')),
  quantity integer not null check (quantity >= 1),
  total_price_cents bigint not null check (total_price_cents >= 0),
  reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz
);

insert into products (id, name, price_cents, stock) values
  (1, 'Laptop', 120300, 10),
  (2, 'Smartphone', 80000, 20),
  (3, 'Headphones', 15000, 30)
on conflict (id) do nothing;
