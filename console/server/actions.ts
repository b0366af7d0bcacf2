import type { FastifyInstance } from 'fastify'
import { type ActOnDeadLetters, type ActOnSagas, type PruneRequest, routes } from 'makegood/operations/contract'
import type { SessionOf } from './session.ts'

/** What can be done. Each service judges what it is asked, and who asks. */
export function serveActions(app: FastifyInstance, sessionOf: SessionOf): void {
  app.post<{ Body: ActOnSagas }>(routes.actOnSagas.path, async request =>
    (await sessionOf(request)).client.actOnSagas(request.body),
  )
  app.post<{ Body: ActOnDeadLetters }>(routes.actOnDeadLetters.path, async request =>
    (await sessionOf(request)).client.actOnDeadLetters(request.body),
  )
  app.post<{ Body: PruneRequest }>(routes.prune.path, async request =>
    (await sessionOf(request)).client.prune(request.body),
  )
}
