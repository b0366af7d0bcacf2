-- 0002: who did what, when and why. Safe while services run: it only adds, and who does not know of it is not hindered.

-- A row for everything that a person has done, written in the transaction in which it was done. Nothing prunes it.
create table if not exists makegood_audit (
  service varchar(64) not null,
  number bigint unsigned not null auto_increment,
  at datetime(6) not null,
  done_by varchar(200) not null,
  action varchar(64) not null,
  -- A saga, or the identity of a message.
  target varchar(440),
  reason longtext not null,
  detail longtext,
  primary key (service, number),
  key audit_number (number),
  key audit_target (service, target, number)
) engine = InnoDB row_format = dynamic default character set utf8mb4
  /*M! collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */;
