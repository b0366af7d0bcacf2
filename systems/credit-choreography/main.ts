import type { Environment } from '../runner/environment.ts'
import { readOptions } from '../runner/options.ts'
import { serviceNamed } from '../runner/running-system.ts'
import type { System } from '../runner/system.ts'
import { creditSettings } from './environment.ts'
import { serverVariables } from './servers.ts'
import { creditChoreography } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): System {
  const system = creditChoreography(creditSettings(environment))
  const { servers, services = system.services.map(({ name }) => name) } = readOptions(process.argv.slice(2))
  const chosen = services.map(name => serviceNamed(system, name).name)
  // The runner has names of its own for where servers are, and reads them from here when it needs them.
  if (servers) Object.assign(process.env, serverVariables(environment, chosen))
  return system
}
