import { existsSync } from 'node:fs'
import { kafkaArchives } from '../../../../scripts/servers/kafka.ts'
import { type Image, isThere, programs } from './image.ts'

/** Each variable that begins with `KAFKA_` is a setting, as the image has it. */
export const kafka: Image = {
  obstacle: () => (existsSync(kafkaArchives) && isThere('java') ? undefined : 'Kafka cannot be had'),
  program: ({ environment }, { folder, machine }) => ({
    command: ['bash', '-ec', entry, 'kafka'],
    environment: {
      PATH: programs,
      CLASSPATH: `${kafkaArchives}/*`,
      SETTINGS: Object.entries({ ...environment, KAFKA_LOG_DIRS: `${folder}/data` })
        .filter(([name]) => name.startsWith('KAFKA_'))
        .map(([name, value]) => `${name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.')}=${value}`)
        .join('\n')
        // To whoever comes from this machine.
        .replace('HOST://localhost:', `HOST://${machine}:`),
    },
    folder,
    says: 'Kafka Server started',
    // The file's own is a program of the image.
    healthcheck: [],
  }),
}

const entry = `
java="java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
echo "$SETTINGS" >server.properties
[ -e data ] || $java kafka.tools.StorageTool format -t makegoodmakegoodmakegA -c server.properties
exec $java kafka.Kafka server.properties
`
