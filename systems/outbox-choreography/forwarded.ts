import type { FastifyRequest } from 'fastify'

/** What a gateway has taken off the path, as it tells; links and redirects have it before them. */
export function prefixOf({ headers }: FastifyRequest): string {
  const [, path = ''] = /^((?:\/[\w-]+)+)\/?$/.exec(String(headers['x-forwarded-prefix'])) ?? []
  return path
}
