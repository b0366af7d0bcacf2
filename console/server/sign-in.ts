import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { SessionView } from './contract.ts'
import type { Settings } from './options.ts'
import { ConsoleProblem } from './problem.ts'
import { type Session, Sessions, whoSignsIn } from './session.ts'

const cookie = 'makegood-console'

/**
 * Whoever signs in gets a cookie that no page can read and no other site can send. The token stays here, and goes to the
 * services with what is asked of them.
 */
export function serveSignIn(app: FastifyInstance, settings: Settings): (request: FastifyRequest) => Session {
  const sessions = new Sessions(settings)
  const found = (request: FastifyRequest) => sessions.find(request.cookies[cookie])
  const attributes = (request: FastifyRequest) => ({
    path: '/console',
    httpOnly: true,
    sameSite: 'strict' as const,
    secure: (settings.publicUrl?.protocol ?? `${request.protocol}:`) === 'https:',
  })
  const view = (session: Session | undefined): SessionView => ({
    caller: session?.caller ?? null,
    signIn: ['token'],
    hasPlayground: false,
  })

  app.get('/session', request => view(found(request)))

  app.post<{ Body: { readonly token?: unknown } | null }>(
    '/session',
    {
      bodyLimit: 16_384,
      config: { rateLimit: { max: settings.signInsPerMinute, timeWindow: '1 minute' } },
    },
    async (request, reply) => {
      const token = request.body?.token
      if (typeof token !== 'string' || token === '') throw new ConsoleProblem(400, 'Give a token to sign in with.')
      const { caller, client } = await whoSignsIn(settings.services, token)
      end(request)
      const session = sessions.begin(caller, client)
      reply.setCookie(cookie, session.id, { ...attributes(request), maxAge: settings.sessionMs / 1_000 })
      request.log.info({ caller: caller.name, role: caller.role }, 'signed in')
      return view(session)
    },
  )

  app.delete('/session', (request, reply) => {
    end(request)
    reply.clearCookie(cookie, attributes(request))
    return view(undefined)
  })

  function end(request: FastifyRequest): void {
    const session = found(request)
    if (session !== undefined) sessions.end(session.id)
  }

  return request => {
    const session = found(request)
    if (session === undefined) throw new ConsoleProblem(401, 'Nobody is signed in here any more: sign in.')
    return session
  }
}
