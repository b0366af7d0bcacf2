import type { Environment } from '../runner/environment.ts'
import type { System } from '../runner/system.ts'
import { adminCredentials } from './admin/credentials.ts'
import { databaseVariables, outboxSettings } from './environment.ts'
import { outboxChoreography } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): System {
  // The runner reads the parts of an address, from where `environment` is read; what is set there counts.
  for (const [name, value] of Object.entries(databaseVariables(environment))) process.env[name] ||= value
  return outboxChoreography(outboxSettings(environment), adminCredentials(environment))
}
