import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AsyncApiDocument, asyncapi } from 'makegood/operations'
import { Registry } from 'prom-client'
import { embeddedGround } from './embedded-ground.ts'
import { quiet } from './quiet.ts'
import { assemble } from './running-service.ts'
import type { Servers } from './servers.ts'
import type { StartableSystem } from './system.ts'

/**
 * What the services of a system say to each other, on the broker that it has on servers. They are assembled and not
 * started: no database is opened, no folder made, no port taken, no broker asked.
 */
export async function documentOf(system: StartableSystem): Promise<AsyncApiDocument> {
  const surroundings = {
    ground: embeddedGround(join(tmpdir(), 'never-made'), { fresh: false }),
    registry: new Registry(),
    log: quiet,
    operations: undefined,
    urlOf: () => 'http://localhost',
    together: true,
  }
  const specs = system.services.flatMap(spec => ('adminPort' in spec ? [] : [spec]))
  const parts = await Promise.all(specs.map(spec => assemble(spec, surroundings)))
  try {
    const services = parts.flatMap(({ services }) => services)
    const protocol = protocolOf((await system.servers()).broker)
    return asyncapi({ title: system.name, version: '1.0.0', ...(protocol && { protocol }) }, services)
  } finally {
    await Promise.all(parts.flatMap(({ app, database }) => [app.close(), database.close()]))
  }
}

function protocolOf(broker: Servers['broker']): 'amqp' | 'kafka' | undefined {
  if (!('connect' in broker)) return 'amqp'
  return broker.name === 'kafka' ? 'kafka' : undefined
}
