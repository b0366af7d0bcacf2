import { accessTo } from '../../systems/runner/access.ts'
import { Environment } from '../../systems/runner/environment.ts'
import { readOptions } from '../../systems/runner/options.ts'
import { orQueuesInPostgres } from '../../systems/runner/queues-in-postgres.ts'
import { addressIn } from '../../systems/runner/run.ts'
import { serviceNamed } from '../../systems/runner/running-system.ts'
import type { Servers, SystemDatabase } from '../../systems/runner/servers.ts'
import type { StartableSystem, SystemService } from '../../systems/runner/system.ts'
import type { ComposeService } from './compose-file.ts'
import { readImage } from './image.ts'

/** A service as the process in its container makes it of command and environment, up to where it would start. */
export interface ContainedService {
  readonly spec: SystemService
  readonly database: SystemDatabase
  readonly broker: Servers['broker']
  /** Where it would listen. */
  readonly port: number
  /** The names that it has asked its environment for. */
  readonly read: ReadonlySet<string>
}

/** @throws Trouble, if it would end with that. */
export async function containedService(
  load: (environment: Environment) => StartableSystem,
  { command, environment }: Pick<ComposeService, 'command' | 'environment'>,
): Promise<ContainedService> {
  const read = new Set<string>()
  const variables: { readonly [name: string]: string } = { ...readImage().environment, ...environment }
  const told = new Environment(
    new Proxy(variables, {
      get(all, name) {
        read.add(String(name))
        return all[String(name)]
      },
    }),
  )
  const options = readOptions(command)
  const system = load(told)
  const spec = serviceNamed(system, options.services?.[0] ?? '')
  if ('adminPort' in spec) throw new Error(`${spec.name} runs no image of ours`)
  const { database, broker } = orQueuesInPostgres(await system.servers(), told)
  const port = addressIn(system, options, told).portOf(spec)
  await accessTo(told, { isLocal: false })
  return { spec, database: database(spec.database), broker, port, read }
}
