import fastify from 'fastify'
import { cloudEventsWire, command, handlersFor, nothing, service } from 'makegood'
import { embedded } from 'makegood/embedded'
import { type Access, operationsRoutes } from 'makegood/operations'
import { pglite } from 'makegood/pglite'

/** A service that operators may look at. */
export interface Operated {
  readonly url: string
  close(): Promise<void>
}

const greet = command('greeter.greet', { payload: nothing })

export async function openOperated(access: Access | Promise<Access>): Promise<Operated> {
  const hosts = [handlersFor<object>().handle(greet, async (_, { succeed }) => succeed())]
  const wire = cloudEventsWire({ services: [{ name: 'greeter', hosts }] })
  const greeter = service('greeter', { store: pglite(), transport: embedded(), wire, hosts })
  await greeter.start()
  const app = fastify()
  await app.register(operationsRoutes, { services: [greeter], access })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    close: async () => {
      await app.close()
      await greeter.stop()
    },
  }
}
