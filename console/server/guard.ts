import type { FastifyRequest } from 'fastify'
import type { Settings } from './options.ts'
import { ConsoleProblem } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A browser goes there by itself, without a page of ours: it cannot send our header, and nothing is done there. */
    readonly isNavigated?: boolean
  }
}

/** Only a page of the console's own can send it: one of another site would have to be given leave first, and is not. */
export const ownHeader = 'x-makegood-console'

/**
 * Keeps other sites from asking in the name of whoever has the console open.
 *
 * @throws ConsoleProblem 403
 */
export function guard({ headers, method, routeOptions }: FastifyRequest, settings: Settings): void {
  const host = headers.host ?? ''
  if (settings.signIn === 'none' && !isOfThisMachine(host) && host !== settings.publicUrl?.host) {
    // A page from elsewhere whose name was made to lead here would otherwise be let in.
    throw new ConsoleProblem(403, `The console is open to this machine alone, as localhost and not as ${host}.`)
  }
  if (headers[ownHeader] === undefined && routeOptions.config.isNavigated !== true) {
    throw new ConsoleProblem(403, `Requests to the console carry the header ${ownHeader}.`)
  }
  const { origin } = headers
  if (method !== 'GET' && origin !== undefined && hostOf(origin) !== (settings.publicUrl?.host ?? host)) {
    throw new ConsoleProblem(403, `${origin} may not ask the console for anything. Does publicUrl say where it is?`)
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

/** By a name that no other machine can have. */
function isOfThisMachine(host: string): boolean {
  return /^(localhost|[\w-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host)
}
