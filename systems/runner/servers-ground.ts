import { setTimeout as sleep } from 'node:timers/promises'
import { type Log, textOf } from 'makegood'
import { rabbitmq } from 'makegood/rabbitmq'
import { databaseOf } from './database.ts'
import type { Opened } from './database-server.ts'
import { Trouble } from './environment.ts'
import type { Ground } from './ground.ts'
import { postgresServer } from './postgres-server.ts'
import type { Servers, SystemDatabase } from './servers.ts'

/** Databases and a broker, where the system's variables say they are. */
export function serversGround({ database: addressOf, broker, variables }: Servers, log: Log): Ground {
  const all: Opened[] = []
  return {
    embedded: false,
    transport: 'connect' in broker ? broker : rabbitmq(broker),
    open(name, service) {
      const { server = postgresServer, ...address } = addressOf(name)
      const opened = server.open(address)
      all.push(opened)
      const database = databaseOf(opened.store, service)
      const { define } = server
      if (define === undefined) return { store: opened.store, database }
      return { store: opened.store, database: { ...database, define: statement => define(address, statement) } }
    },
    prepare: (database, signal) => untilThere(addressOf(database), variables, log, signal),
    close: async () => void (await Promise.all(all.map(opened => opened.end()))),
  }
}

/** Waits for the server, and creates the database if it is missing. */
async function untilThere(
  { server = postgresServer, ...address }: SystemDatabase,
  variables: Servers['variables'],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { host, port, user, database } = address
  for (let tries = 0; ; tries += 1) {
    const trouble = await server.connect(address).catch((error: unknown) => error)
    if (trouble === undefined) return
    switch (server.meaningOf(trouble)) {
      case 'missing':
        // Somebody else may have been faster; the next try to connect tells.
        await server.create(address).catch((error: unknown) => {
          throw new Trouble(
            `The database ${database} does not exist, and ${user} cannot create it (${textOf(error)}): create it, or let the user in ${variables.who} do so.`,
          )
        })
        break
      case 'refused':
        throw new Trouble(`${server.name} at ${host}:${port} refuses the user ${user}: set ${variables.who}.`)
      case 'away':
        if (tries === 0) {
          const says = `Waiting for ${server.name} at ${host}:${port} (${variables.where}): ${textOf(trouble)}`
          log.warn({ database }, says)
        }
        await sleep(Math.min(100 * 2 ** tries, 2_000), undefined, { signal })
    }
  }
}
