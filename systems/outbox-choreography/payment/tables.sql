create table if not exists core_payment (
  payment_id uuid primary key,
  customer_id varchar(20) not null,
  order_id varchar(20) not null unique,
  amount varchar(20) not null,
  status varchar(20) not null check (status in ('payment_confirmed', 'payment_denied')),
  created timestamptz not null default now()
);
