import type { FastifyInstance } from 'fastify'
import { maskingOf } from '../engine/masking.ts'
import type { Access } from './access.ts'
import { actOnDeadLetters } from './acting-on-dead-letters.ts'
import { actOnSagas } from './acting-on-sagas.ts'
import { auditOf } from './audit.ts'
import { Changes } from './changes.ts'
import { definitionsIn } from './definitions.ts'
import { failuresOf } from './failures.ts'
import { messageList, messagesAbout, participationsOf } from './messages.ts'
import { paceOf } from './pace.ts'
import { prune } from './pruning.ts'
import { sagaInFull, sagaList } from './sagas.ts'
import { serviceView } from './service-view.ts'
import { grouped, type Services } from './services.ts'
import { type Answering, serve } from './serving.ts'

export interface OperationsOptions {
  /** The services of this process that are shown. */
  readonly services: Services
  /** Who may ask: `tokenAccess`, `oidcAccess`, or `openAccess` on a developer's own machine. */
  readonly access: Access | Promise<Access>
}

/**
 * What an operator may see of the services in this process, and do to them, under `/operations`: the routes that
 * `contract.ts` lists. Whoever asks is known by `access`; what they do is kept in the services' audits; what schemas mark
 * as personal or secret is masked.
 *
 * Needs `typebox`.
 *
 * @example
 * const access = tokenAccess([{ name: 'ann', role: 'operator', token: process.env.ANNS_TOKEN }])
 * await app.register(operationsRoutes, { services: [orders, orchestrator], access })
 *
 * @throws MakegoodError `DEFINITION_INVALID` for a mark that nothing could be masked by
 */
export async function operationsRoutes(app: FastifyInstance, { services, access }: OperationsOptions): Promise<void> {
  const changes = new Changes(services)
  app.addHook('preClose', async () => changes.close())
  await serve(app, await access, answeringFor(services, changes))
}

function answeringFor(services: Services, changes: Changes): Answering {
  const masking = maskingOf(services.flatMap(({ hosts }) => hosts))
  return {
    me: (_question, { caller }) => caller,
    services: () => grouped(services, {}, serviceView),
    sagas: question => grouped(services, question, service => sagaList(service, question, masking)),
    sagaCounts: question =>
      grouped(services, question, async ({ queries }) => ({ counts: await queries.sagaCounts() })),
    saga: (question, admitted) => sagaInFull(services, question, masking, admitted),
    messages: (question, admitted) =>
      grouped(services, question, service => messagesAbout(service, question, masking, admitted)),
    participations: question => grouped(services, question, service => participationsOf(service, question)),
    definitions: question => grouped(services, question, definitionsIn),
    failures: question => grouped(services, question, service => failuresOf(service, masking)),
    deadLetters: (question, admitted) =>
      grouped(services, question, service => messageList(service, 'dead', question, masking, admitted)),
    parked: (question, admitted) =>
      grouped(services, question, service => messageList(service, 'parked', question, masking, admitted)),
    pace: question => grouped(services, question, paceOf),
    changes: ({ saga }, { until }) => changes.listen({ saga, until }),
    audit: question => grouped(services, question, service => auditOf(service, question, masking)),
    actOnSagas: (question, { caller }) => actOnSagas(services, question, masking, caller),
    actOnDeadLetters: (question, { caller }) => actOnDeadLetters(services, question, caller),
    prune: (question, { caller }) => prune(services, question, caller),
  }
}
