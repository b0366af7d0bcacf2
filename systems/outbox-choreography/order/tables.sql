create table if not exists core_order (
  order_id serial primary key,
  customer_id varchar(20) not null,
  product_id varchar(20) not null,
  quantity integer not null check (quantity >= 1),
  amount varchar(20) not null,
  status varchar(20) not null default 'created'
    check (status in ('created', 'reserved', 'not_reserved', 'payment_confirmed', 'payment_denied')),
  created timestamptz not null default now()
);

-- What the customer is told when an order is confirmed.
create table if not exists core_notification (
  id serial primary key,
  order_id integer not null unique references core_order on delete cascade,
  customer_id varchar(20) not null,
  message text not null,
  created timestamptz not null default now()
);
