create table if not exists orders (
  id uuid primary key,
  customer_id uuid not null,
  items jsonb not null,
  total_amount decimal(10, 2) not null check (total_amount >= 0),
  status text not null check (status in ('pending', 'processing', 'completed', 'cancelled', 'failed')),
  shipping_address jsonb not null,
  saga_id uuid not null,
  failure_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists orders_of_customer on orders (customer_id, created_at desc, id desc);

-- A POST that comes again with the same Idempotency-Key is answered with the order of the first.
create table if not exists order_requests (
  idempotency_key text primary key,
  body_digest text not null,
  order_id uuid not null references orders,
  created_at timestamptz not null default now()
);
