import { programsOfRabbitmq } from '../../../../scripts/servers/rabbitmq-node.ts'
import { type Image, programs } from './image.ts'

/** The server makes the user and the virtual host that the environment names; `guest` may come from everywhere. */
export const rabbitmq: Image = {
  obstacle: () => (programsOfRabbitmq() === undefined ? 'no RabbitMQ is installed' : undefined),
  program: ({ environment, hostname, image, files }, { folder }) => ({
    command: ['bash', '-ec', entry, 'rabbitmq'],
    environment: {
      PATH: `${programsOfRabbitmq()}:${programs}`,
      HOME: folder,
      LANG: 'C.UTF-8',
      PLUGINS:
        files['/etc/rabbitmq/enabled_plugins'] ?? (image.endsWith('-management') ? '[rabbitmq_management].' : '[].'),
      RABBITMQ_NODENAME: `rabbit@${hostname}`,
      RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
      RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
      RABBITMQ_MNESIA_BASE: `${folder}/data`,
      RABBITMQ_LOG_BASE: `${folder}/log`,
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      // Schedulers that spin while they wait would take the cores that the services run on.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none +sbwtdcpu none +sbwtdio none +S 2:2',
      ...environment,
    },
    folder,
    says: 'completed with',
  }),
}

/** Erlang would leave its port mapper running, if it started that itself. */
const entry = `
echo "loopback_users = none
disk_free_limit.absolute = 50MB" >rabbitmq.conf
echo "$PLUGINS" >enabled_plugins
epmd &
until epmd -names >names; do sleep 0.05; done
exec rabbitmq-server
`
