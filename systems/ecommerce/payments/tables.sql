create table if not exists payments (
  id uuid primary key,
  order_id uuid not null unique,
  customer_id uuid not null,
  saga_id uuid not null,
  amount decimal(10, 2) not null check (amount > 0),
  payment_method text not null,
  status text not null check (status in ('pending', 'completed', 'failed', 'refunded')),
  transaction_id text,
  external_ref text,
  failure_reason text,
  refunded_amount decimal(10, 2) not null default 0 check (refunded_amount between 0 and amount),
  refund_reference text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  processed_at timestamptz,
  refunded_at timestamptz
);
