import type { Environment } from '../runner/environment.ts'
import type { StartableSystem } from '../runner/system.ts'
import { outboxServers, outboxSettings } from './environment.ts'
import { playground } from './playground.ts'
import { outboxChoreography } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): StartableSystem {
  return { ...outboxChoreography(outboxSettings(environment)), servers: () => outboxServers(environment), playground }
}
