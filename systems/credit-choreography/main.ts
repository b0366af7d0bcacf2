import type { Environment } from '../runner/environment.ts'
import type { StartableSystem } from '../runner/system.ts'
import { creditSettings } from './environment.ts'
import { playground } from './playground.ts'
import { creditServers } from './servers.ts'
import { creditChoreography } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): StartableSystem {
  return { ...creditChoreography(creditSettings(environment)), servers: () => creditServers(environment), playground }
}
