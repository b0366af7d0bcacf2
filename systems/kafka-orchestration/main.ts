import type { Environment } from '../runner/environment.ts'
import type { StartableSystem } from '../runner/system.ts'
import { kafkaSettings } from './environment.ts'
import { kafkaServers } from './servers.ts'
import { kafkaOrchestration } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): StartableSystem {
  return { ...kafkaOrchestration(kafkaSettings(environment)), servers: () => kafkaServers(environment) }
}
