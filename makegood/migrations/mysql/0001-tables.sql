-- 0001: what a service needs beside its own tables. Safe while services run: it only adds. MySQL commits each statement
-- by itself, so each can be said again where a process died in between.
--
-- Every key begins with the service, so that services may share a database and never meet each other's rows. MySQL has
-- no schemas inside a database: the names begin with makegood_ instead.
--
-- Names and ids are compared byte by byte, and a space at their end counts: that collation has another name in MySQL
-- and in MariaDB. They are as long as the engine lets them be; a key of InnoDB has 3 072 bytes. What is only carried is
-- text and not json: it is written and read as it is, and takes whatever text JSON can hold. Times are UTC, whatever
-- the session's time zone.

-- One row for each message that this service has received: what it was, and what became of it.
create table if not exists makegood_inbox (
  service varchar(64) not null,
  identity varchar(440) not null,
  -- In the order of arrival, for those of one key.
  number bigint unsigned not null auto_increment,
  -- Of a message that is handled in order: no other of its key while it is parked.
  order_key varchar(200),
  message_id varchar(200) not null,
  kind varchar(16) not null,
  type varchar(200) not null,
  saga_id varchar(200),
  correlation_id varchar(200) not null,
  causation_id varchar(200),
  digest varchar(200) not null,
  received_at datetime(6) not null,
  -- How many times it was to be admitted: 1 is how whoever admits it knows that it is new.
  arrivals integer unsigned not null default 1,
  -- What became of it so far.
  state varchar(16) not null,
  attempt integer not null,
  refusals integer not null,
  call_begun boolean not null,
  answer longtext,
  error longtext,
  -- Kept as long as the message may be handled again; the end of time is when a dead letter is due.
  envelope longtext,
  attempts integer,
  first_attempt_at datetime(6),
  due_at datetime(6),
  leased_until datetime(6),
  fence integer,
  -- The only unique key that a message can meet: finding a duplicate there locks its row and no gap beside it.
  primary key (service, identity),
  key inbox_number (number),
  -- Parked messages by the time they are due, and dead letters, which are due at the end of time, by age. There are no
  -- partial indexes: what is not parked stands in it too, under null, where no claim looks.
  key inbox_due (service, due_at, received_at),
  key inbox_order (service, order_key, number),
  -- The way of one saga or one chain of events.
  key inbox_correlation (service, correlation_id),
  -- Pruning.
  key inbox_received (service, received_at)
) engine = InnoDB row_format = dynamic default character set utf8mb4
  /*M! collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */;

-- Messages that are not known to have been sent. A row is deleted when its own publish was confirmed, so that the table
-- holds unsent rows and nothing else.
create table if not exists makegood_outbox (
  service varchar(64) not null,
  id varchar(200) not null,
  number bigint unsigned not null auto_increment,
  -- Of what is published in order: not before what has a smaller number and the same key.
  order_key varchar(200),
  envelope longtext not null,
  created_at datetime(6) not null,
  claimed_until datetime(6) not null,
  claims integer not null default 0,
  -- Why the last publish failed; null again while it is tried anew.
  error longtext,
  primary key (service, id),
  key outbox_number (number),
  key outbox_claim (service, claimed_until, number),
  key outbox_order (service, order_key, number)
) engine = InnoDB row_format = dynamic default character set utf8mb4
  /*M! collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */;

create table if not exists makegood_saga (
  service varchar(64) not null,
  id varchar(200) not null,
  definition varchar(64) not null,
  version integer not null,
  saga_key varchar(400) not null,
  data longtext not null,
  headers longtext not null,
  status varchar(16) not null,
  state longtext not null,
  wake_at datetime(6),
  -- Never later than wake_at, and from step to step only made earlier: it is what the index is on, so that saving a
  -- saga's step leaves every index alone. Where it turns out too early it is put off then.
  check_at datetime(6),
  started_at datetime(6) not null,
  changed_at datetime(6) not null,
  ended_at datetime(6),
  -- How many times it was to be started: a start that is not the first is counted here and nowhere else.
  starts integer unsigned not null default 1,
  -- What a second start finds is found here, where that locks one row. On any other unique key it would lock the gap
  -- before it too, and many that start the same saga at once would deadlock.
  primary key (service, definition, saga_key),
  unique key saga_id (service, id),
  key saga_check (service, check_at),
  -- Those that have not ended, under null, and those that have, by age.
  key saga_ended (service, ended_at, definition, version),
  key saga_started (service, started_at, id)
) engine = InnoDB row_format = dynamic default character set utf8mb4
  /*M! collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */;

-- The journal: a row for every transition of a saga.
create table if not exists makegood_saga_event (
  service varchar(64) not null,
  saga_id varchar(200) not null,
  number bigint unsigned not null auto_increment,
  at datetime(6) not null,
  kind varchar(200) not null,
  step varchar(200),
  detail longtext,
  primary key (service, saga_id, number),
  key saga_event_number (number)
) engine = InnoDB row_format = dynamic default character set utf8mb4
  /*M! collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */;

-- Names that transactions lock, by a hash of 16 bits: a lock on a row goes with its transaction, whoever commits it, and
-- is seen by the server's search for deadlocks, neither of which is true of get_lock().
create table if not exists makegood_name (
  service varchar(64) not null,
  hash integer unsigned not null,
  primary key (service, hash)
) engine = InnoDB row_format = dynamic default character set utf8mb4
  /*M! collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */;
