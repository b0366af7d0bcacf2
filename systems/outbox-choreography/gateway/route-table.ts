import type { KongService } from './kong-file.ts'

/** Where a request goes. */
export interface Match {
  readonly service: KongService
  /** What the service is asked for: the path as it came, without the prefix if that is stripped, and the query. */
  readonly url: string
  /** What was stripped. */
  readonly prefix: string | undefined
}

/**
 * Finds the route of a request as Kong does: by how the path begins, letter by letter, the longest first. The path is
 * not decoded, neither for this nor on its way.
 */
export class RouteTable {
  readonly #entries: readonly { readonly service: KongService; readonly path: string; readonly strips: boolean }[]

  constructor(services: readonly KongService[]) {
    this.#entries = services
      .flatMap(service =>
        service.routes.flatMap(({ paths, strip_path = true }) =>
          paths.map(path => ({ service, path, strips: strip_path })),
        ),
      )
      .sort((a, b) => b.path.length - a.path.length)
  }

  match(url: string): Match | undefined {
    const path = url.split('?', 1)[0] ?? ''
    const entry = this.#entries.find(entry => path.startsWith(entry.path))
    if (entry === undefined) return undefined
    const { service, strips } = entry
    if (!strips) return { service, url, prefix: undefined }
    const rest = url.slice(entry.path.replace(/\/$/, '').length)
    return { service, url: rest.startsWith('/') ? rest : `/${rest}`, prefix: entry.path }
  }
}
