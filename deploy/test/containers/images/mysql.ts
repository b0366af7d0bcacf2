import { type Image, isThere, programs } from './image.ts'

/** MariaDB in its place: `root` has the password that the environment names, from everywhere, and there is the database. */
export const mysql: Image = {
  obstacle: () => (isThere('mariadbd') ? undefined : 'no MariaDB is installed'),
  program: ({ environment }, { folder }) => ({
    command: ['bash', '-ec', entry, 'mysql'],
    environment: { PATH: programs, ...environment },
    folder,
    says: 'ready for connections',
  }),
}

const entry = `
if [ ! -e data ]; then
  mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$PWD/data" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve
  echo "create or replace user root@'%' identified by '$MYSQL_ROOT_PASSWORD';
grant all on *.* to root@'%' with grant option;
drop user if exists root@'127.0.0.1', root@'::1';
create database if not exists $MYSQL_DATABASE;" >first.sql
fi
exec mariadbd --no-defaults --user="$(id -un)" --datadir="$PWD/data" --socket="$PWD/socket" --pid-file="$PWD/pid" \
  --init-file="$PWD/first.sql" --innodb-flush-log-at-trx-commit=0 --max-allowed-packet=64M --skip-log-bin --skip-name-resolve
`
