import type { FastifyInstance } from 'fastify'
import { GatewayFailure } from './failure.ts'
import type { KongFile, KongService } from './kong-file.ts'

/** The part of Kong's admin API that reads; what is served is said in the file alone. */
export function adminRoutes(app: FastifyInstance, { services }: KongFile, proxy: FastifyInstance): void {
  let requests = 0
  proxy.addHook('onRequest', async () => {
    requests += 1
  })
  app.get('/status', async () => {
    const connections = await new Promise<number>((resolve, reject) =>
      proxy.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    )
    return {
      // There is none, and none is needed.
      database: { reachable: true },
      server: { connections_active: connections, total_requests: requests },
    }
  })
  app.get('/services', async () => listOf(services.map(shown)))
  app.get('/routes', async () =>
    listOf(
      services.flatMap(({ name, routes }) => routes.map(route => ({ strip_path: true, ...route, service: { name } }))),
    ),
  )
  app.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/*',
    handler: () => {
      throw new GatewayFailure(405, 'Method not allowed')
    },
  })
}

function shown({ name, url, retries, connect_timeout = 60_000, read_timeout = 60_000 }: KongService) {
  const { protocol, hostname, port } = new URL(url)
  return {
    name,
    protocol: protocol.slice(0, -1),
    host: hostname,
    port: Number(port || 80),
    path: null,
    retries,
    connect_timeout,
    read_timeout,
    enabled: true,
  }
}

function listOf<Item>(data: readonly Item[]): { data: readonly Item[]; next: null } {
  return { data, next: null }
}
