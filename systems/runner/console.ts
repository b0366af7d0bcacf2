import type { ConsoleOptions } from 'makegood-console'
import type { EmbeddedGround } from './embedded-ground.ts'
import { playgroundRoutes } from './playground/routes.ts'
import { RunningPlayground } from './playground/running-playground.ts'
import type { RunningSystem } from './running-system.ts'
import type { StartableSystem } from './system.ts'

/**
 * Opens the console over what runs here, at the port of the first service, which it outlives; with the playground if all
 * of the system does. It asks nobody who they are. Resolves with its address, or undefined where it is not installed.
 */
export async function openConsole(
  system: StartableSystem,
  running: RunningSystem,
  { transport, pages }: Pick<EmbeddedGround, 'transport'> & Pick<ConsoleOptions, 'pages'>,
): Promise<string | undefined> {
  const [first] = running.services
  const installed = await import('makegood-console').catch(unlessInstalled)
  if (first === undefined || installed === undefined) return undefined
  const isWhole = running.services.length === system.services.filter(spec => !('adminPort' in spec)).length
  const { name, playground } = system
  const played = new RunningPlayground({
    name,
    playground,
    shop: running,
    waiting: queue => transport.unhandled(queue),
  })
  const app = await installed.consoleServer({
    services: running.services.map(({ spec }) => running.urlOf(spec.name)),
    signIn: 'none',
    ...(pages === undefined ? {} : { pages }),
    ...(isWhole ? { playground: scope => playgroundRoutes(scope, played) } : {}),
  })
  await first.door.admit(app, '/console')
  return `${running.urlOf(first.spec.name)}/console/`
}

/** It is a workspace of its own, which nobody needs who runs services on servers. */
function unlessInstalled(error: unknown): undefined {
  if ((error as { readonly code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined
  throw error
}
