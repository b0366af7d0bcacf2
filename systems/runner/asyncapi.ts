import { type AsyncApiDocument, asyncapi } from 'makegood/operations'
import type { Servers } from './servers.ts'
import type { StartableSystem } from './system.ts'
import { unstarted } from './unstarted.ts'

/** What the services of a system say to each other, on the broker that it has on servers. Neither is asked anything. */
export function documentOf(system: StartableSystem): Promise<AsyncApiDocument> {
  const specs = system.services.flatMap(spec => ('adminPort' in spec ? [] : [spec]))
  return unstarted(specs, async parts => {
    const services = parts.flatMap(({ services }) => services)
    const protocol = protocolOf((await system.servers()).broker)
    return asyncapi({ title: system.name, version: '1.0.0', ...(protocol && { protocol }) }, services)
  })
}

function protocolOf(broker: Servers['broker']): 'amqp' | 'kafka' | undefined {
  if (!('connect' in broker)) return 'amqp'
  return broker.name === 'kafka' ? 'kafka' : undefined
}
