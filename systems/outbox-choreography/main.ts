import type { Environment } from '../runner/environment.ts'
import type { StartableSystem } from '../runner/system.ts'
import { outboxServers, outboxSettings } from './environment.ts'
import { playground } from './playground.ts'
import { outboxChoreography } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): StartableSystem {
  const settings = outboxSettings(environment)
  return {
    ...outboxChoreography(settings),
    servers: () => outboxServers(environment),
    playground: playground(settings),
  }
}
