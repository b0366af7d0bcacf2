import type { Environment } from '../runner/environment.ts'
import type { System } from '../runner/system.ts'
import { ecommerceSettings } from './environment.ts'
import { ecommerce } from './system.ts'

export { demo } from './demo.ts'

export function system(environment: Environment): System {
  return ecommerce(ecommerceSettings(environment))
}
