import type { Environment } from '../runner/environment.ts'
import { sharedServers } from '../runner/servers.ts'
import type { StartableSystem } from '../runner/system.ts'
import { ecommerceSettings } from './environment.ts'
import { ecommerce } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): StartableSystem {
  const servers = () => sharedServers(environment, { user: 'postgres', password: 'postgres' })
  return { ...ecommerce(ecommerceSettings(environment)), servers }
}
