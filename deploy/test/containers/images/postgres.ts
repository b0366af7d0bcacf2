import { programsOfPostgres, unprivilegedOwner } from '../../../../scripts/servers/postgres.ts'
import { type Image, programs } from './image.ts'

/** Makes the user and the database that the environment names, and lets everybody in who has the password. */
export const postgres: Image = {
  obstacle: () => (programsOfPostgres() === undefined ? 'no PostgreSQL is installed' : undefined),
  program: ({ command: [, ...settings], environment }, { folder }) => ({
    command: ['bash', '-ec', entry, 'postgres', ...settings],
    environment: {
      PATH: `${programsOfPostgres()}:${programs}`,
      OWNER: String(unprivilegedOwner()?.uid),
      POSTGRES_DB: environment['POSTGRES_USER'] ?? 'postgres',
      ...environment,
    },
    folder,
    says: 'ready to accept connections',
  }),
}

const entry = `
chown "$OWNER" .
exec setpriv --reuid="$OWNER" --regid="$OWNER" --clear-groups bash -ec '
  if [ ! -e data ]; then
    initdb -D data --username "$POSTGRES_USER" --pwfile <(echo "$POSTGRES_PASSWORD") --auth scram-sha-256 \
      --encoding UTF8 --locale C --no-sync
    echo "host all all all scram-sha-256" >data/pg_hba.conf
    [ "$POSTGRES_DB" = postgres ] || postgres --single -D data postgres <<<"create database \\"$POSTGRES_DB\\""
  fi
  exec postgres -D data -c "listen_addresses=*" -c unix_socket_directories= -c fsync=off "$@"
' postgres "$@"
`
