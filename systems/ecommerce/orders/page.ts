import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import type { Switches } from '../environment.ts'
import { HttpFailure, succeeded } from '../http-envelope.ts'

/** A page that places orders and shows their way: static files, read from here, that ask the shop's own routes. */
export async function pageRoutes(app: FastifyInstance, { services, switches }: PageOptions): Promise<void> {
  await app.register(async scope => {
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('Content-Security-Policy', policy)
      reply.header('X-Content-Type-Options', 'nosniff')
    })
    for (const [path, file, type] of files) {
      const content = await readFile(new URL(`page/${file}`, import.meta.url), 'utf8')
      scope.get(path, { schema: { hide: true } }, (_request, reply) => reply.type(type).send(content))
    }
    scope.get('/page/surroundings', { schema: { hide: true } }, request =>
      succeeded(request, 'Surroundings', { services, switches }),
    )
    scope.put('/page/switches', { schema: { hide: true } }, request => {
      if (switches === undefined) throw new HttpFailure(404, 'The providers run in other processes')
      Object.assign(switches, readRates(request.body, switches))
      return succeeded(request, 'Switches turned', switches)
    })
  })
}

export interface PageOptions {
  /** Where the services answer. */
  readonly services: readonly { readonly name: string; readonly url: string }[]
  /** Those of the providers, if they are in this process and can be turned from here. */
  readonly switches: Switches | undefined
}

const files = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page/page.css', 'page.css', 'text/css; charset=utf-8'],
  ['/page/page.js', 'page.js', 'text/javascript; charset=utf-8'],
] as const

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

function readRates(body: unknown, switches: Switches): Partial<Switches> {
  const entries = Object.entries(typeof body === 'object' && body !== null ? body : {})
  const wrong = entries.find(
    ([name, rate]) => !Object.hasOwn(switches, name) || typeof rate !== 'number' || !(rate >= 0 && rate <= 1),
  )
  if (wrong !== undefined)
    throw new HttpFailure(400, `${wrong[0]} must be a known switch, from 0 to 1`, { field: wrong[0] })
  return Object.fromEntries(entries)
}
