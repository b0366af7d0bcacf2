import type { Environment } from '../runner/environment.ts'
import type { StartableSystem } from '../runner/system.ts'
import { kafkaSettings } from './environment.ts'
import { playground } from './playground.ts'
import { kafkaOrchestration } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): StartableSystem {
  return {
    ...kafkaOrchestration(kafkaSettings(environment)),
    playground,
    // The drivers take a while to load, and embedded nobody needs them.
    servers: async () => (await import('./servers.ts')).kafkaServers(environment),
  }
}
