create table if not exists shipments (
  id uuid primary key,
  order_id uuid not null unique,
  customer_id uuid not null,
  saga_id uuid not null,
  status text not null check (status in ('pending', 'preparing', 'shipped', 'delivered', 'cancelled')),
  tracking_id text not null,
  address jsonb not null,
  failure_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
