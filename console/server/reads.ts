import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Part, type Parts, refusesCaller } from 'makegood/operations/client'
import { type MessageQuery, type Reveal, routes, type SagaQuery } from 'makegood/operations/contract'
import type { Answer, ReadName, SagaAnswer } from './contract.ts'
import { byService, LastKnown } from './last-known.ts'
import { ConsoleProblem } from './problem.ts'
import { byPart, partsOfSaga, sagaOfParts } from './saga-parts.ts'
import type { Session, SessionOf } from './session.ts'

/** What can be looked at: what all services say, and of those that are away what they said last. */
export function serveReads(app: FastifyInstance, lastKnown: LastKnown, sessionOf: SessionOf): void {
  const complete = <Group>(
    { id }: Session,
    request: FastifyRequest,
    found: Parts<Group>,
    tellsApart: (part: Part<Group>) => string = byService,
  ): Answer<Group> => {
    refuseLikeAll(found)
    // What was shown for a reason is not kept.
    const isKept = (request.query as Reveal).reveal === undefined
    return (isKept ? lastKnown : new LastKnown()).complete(`${id} ${request.url}`, found, tellsApart)
  }

  app.get(routes.services.path, async request => {
    const session = await sessionOf(request)
    const found = await session.client.services()
    refuseLikeAll(found)
    return lastKnown.completeProcesses(session, found)
  })

  for (const name of names) {
    app.get(routes[name].path, async request => {
      const session = await sessionOf(request)
      return complete<unknown>(session, request, await session.client[name](request.query as SagaQuery & MessageQuery))
    })
  }

  app.get<{ Params: { id: string }; Querystring: Reveal }>(routes.saga.path, async (request): Promise<SagaAnswer> => {
    const { id } = request.params
    const session = await sessionOf(request)
    const { saga, unreachable } = await session.client.saga(id, request.query)
    const known = complete(session, request, partsOfSaga(saga, unreachable), byPart)
    const { away } = known
    const found = sagaOfParts(known)
    if (found !== undefined) return { ...found, away }
    const whoIsAway =
      away.length === 0 ? '' : ` ${away.map(({ url }) => url).join(', ')} did not answer and may have it.`
    throw new ConsoleProblem(404, `No service that answers has a saga ${id}.${whoIsAway}`)
  })
}

const names: readonly Exclude<ReadName, 'services'>[] = [
  'sagas',
  'sagaCounts',
  'definitions',
  'failures',
  'deadLetters',
  'parked',
  'pace',
  'audit',
]

/** @throws ConsoleProblem if all refuse this caller: a token that was taken back, a role that is not enough */
function refuseLikeAll({ services, unreachable }: Parts<unknown>): void {
  const [first] = unreachable
  if (services.length > 0 || first === undefined || !unreachable.every(refusesCaller)) return
  throw new ConsoleProblem(first.status === 401 ? 401 : 403, first.says)
}
