import type { Environment } from '../runner/environment.ts'
import type { StartableSystem } from '../runner/system.ts'
import { kafkaSettings } from './environment.ts'
import { kafkaOrchestration } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): StartableSystem {
  return {
    ...kafkaOrchestration(kafkaSettings(environment)),
    // The drivers take a while to load, and embedded nobody needs them.
    servers: async () => (await import('./servers.ts')).kafkaServers(environment),
  }
}
