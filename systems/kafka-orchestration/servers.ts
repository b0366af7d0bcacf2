import { type Environment, Trouble } from '../runner/environment.ts'
import type { Servers } from '../runner/servers.ts'

export function kafkaServers(_environment: Environment): Servers {
  throw new Trouble('kafka-orchestration does not run on servers yet.')
}
