import type { Environment } from '../runner/environment.ts'
import { sharedServers } from '../runner/servers.ts'
import type { StartableSystem } from '../runner/system.ts'
import { ecommerceSettings } from './environment.ts'
import { playground } from './playground.ts'
import { ecommerce } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): StartableSystem {
  const settings = ecommerceSettings(environment)
  const servers = () => sharedServers(environment, { user: 'postgres', password: 'postgres' })
  return { ...ecommerce(settings), servers, playground: playground(settings.switches) }
}
