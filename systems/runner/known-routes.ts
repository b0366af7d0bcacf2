import type { FastifyInstance } from 'fastify'

/** Tells of a path that leads nowhere whether it does with another method. To be made before the routes. */
export class KnownRoutes {
  readonly #routes: { readonly pattern: RegExp; readonly method: string }[] = []

  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      const source = url
        .split('/')
        .map(word => (word.startsWith(':') ? '[^/]+' : word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')))
      const pattern = new RegExp(`^${source.join('/')}$`)
      for (const each of [method].flat()) this.#routes.push({ pattern, method: each })
    })
  }

  methodsAt(path: string): readonly string[] {
    return this.#routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  }
}
