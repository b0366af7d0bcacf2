import type { FastifyInstance } from 'fastify'
import { operationsClient } from 'makegood/operations/client'
import type { SessionView } from './contract.ts'
import type { Settings } from './options.ts'
import type { Session, SessionOf } from './session.ts'

/** Nobody signs in: whoever is on this machine is one and the same, and the services know them as such. */
export function serveOpenSession(app: FastifyInstance, { services, playground }: Settings): SessionOf {
  const client = operationsClient({ services: services.map(url => ({ url })) })
  const caller = { name: 'embedded', role: 'admin' } as const
  const session: Session = { id: 'open', caller, client, endsAt: Number.POSITIVE_INFINITY }
  app.get('/session', (): SessionView => ({ caller, signIn: [], hasPlayground: playground !== undefined }))
  return () => session
}
