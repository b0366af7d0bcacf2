-- A shop that is small enough for the tests of the admin site, with every kind of column.
create table if not exists shelves (
  code varchar(10) primary key
);

create table if not exists products (
  id serial primary key,
  name varchar(20) not null unique,
  shelf varchar(10) references shelves,
  quantity integer not null check (quantity >= 0),
  price numeric(8, 2),
  active boolean not null default true,
  details jsonb,
  added timestamptz not null default now()
);
comment on column products.price is 'in euros';

create table if not exists orders (
  order_id serial primary key,
  product integer not null references products,
  status text not null default 'created' check (status in ('created', 'paid', 'shipped')),
  told text
);

insert into shelves (code) values ('A1'), ('B2') on conflict (code) do nothing;
