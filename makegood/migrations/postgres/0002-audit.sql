-- 0002: who did what, when and why. Safe while services run: it only adds, and who does not know of it is not hindered.

-- A row for everything that a person has done, written in the transaction in which it was done. Nothing prunes it.
create table makegood.audit (
  service text collate "C" not null,
  number bigint generated always as identity,
  at timestamptz not null default now(),
  done_by text collate "C" not null,
  action text collate "C" not null,
  -- A saga, or the identity of a message.
  target text collate "C",
  reason text not null,
  detail json,
  primary key (service, number)
);

create index audit_target on makegood.audit (service, target, number) where target is not null;
