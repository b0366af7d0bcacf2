import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ActOnDeadLetters, type ActOnSagas, type PruneRequest, routes } from 'makegood/operations/contract'
import type { Session } from './session.ts'

/** What can be done. Each service judges what it is asked, and who asks. */
export function serveActions(app: FastifyInstance, sessionOf: (request: FastifyRequest) => Session): void {
  app.post<{ Body: ActOnSagas }>(routes.actOnSagas.path, request => sessionOf(request).client.actOnSagas(request.body))
  app.post<{ Body: ActOnDeadLetters }>(routes.actOnDeadLetters.path, request =>
    sessionOf(request).client.actOnDeadLetters(request.body),
  )
  app.post<{ Body: PruneRequest }>(routes.prune.path, request => sessionOf(request).client.prune(request.body))
}
