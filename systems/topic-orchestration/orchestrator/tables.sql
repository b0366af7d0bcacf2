-- Where each saga is, makegood keeps. This is what it is asked for by.
create table if not exists sagas (
  id integer generated always as identity primary key,
  saga_id text not null unique,
  idempotency_key text unique,
  order_id integer
);

create index if not exists sagas_by_order on sagas (order_id);
