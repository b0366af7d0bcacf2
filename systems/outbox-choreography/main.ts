import type { Environment } from '../runner/environment.ts'
import type { System } from '../runner/system.ts'
import { outboxSettings } from './environment.ts'
import { outboxChoreography } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): System {
  return outboxChoreography(outboxSettings(environment))
}
