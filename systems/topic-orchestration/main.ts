import type { Environment } from '../runner/environment.ts'
import type { StartableSystem } from '../runner/system.ts'
import { topicServers, topicSettings } from './environment.ts'
import { playground } from './playground.ts'
import { topicOrchestration } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): StartableSystem {
  return {
    ...topicOrchestration(topicSettings(environment)),
    servers: () => topicServers(environment),
    playground: playground(),
  }
}
