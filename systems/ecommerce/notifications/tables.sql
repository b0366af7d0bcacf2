create table if not exists notifications (
  id uuid primary key,
  order_id uuid not null unique,
  customer_id uuid not null,
  saga_id uuid not null,
  type text not null check (type in ('email', 'sms', 'push')),
  status text not null check (status in ('pending', 'sent', 'failed')),
  subject text not null,
  message text not null,
  recipient text not null,
  failure_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  sent_at timestamptz
);
