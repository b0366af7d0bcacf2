import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { SessionView } from './contract.ts'
import { SessionCookie } from './cookies.ts'
import { serveOidc } from './oidc.ts'
import type { Settings } from './options.ts'
import { ConsoleProblem } from './problem.ts'
import { type Session, type SessionOf, Sessions } from './session.ts'

/**
 * Whoever signs in gets a cookie. What they signed in with stays here, and goes to the services with what is asked of
 * them.
 */
export function serveSignIn(app: FastifyInstance, settings: Settings): SessionOf {
  const { signIn, signInsPerMinute } = settings
  const sessions = new Sessions(settings)
  const cookie = new SessionCookie(settings)
  const found = (request: FastifyRequest) => sessions.find(cookie.read(request))
  const config = { rateLimit: { max: signInsPerMinute, timeWindow: '1 minute' } }

  const view = (session: Session | undefined): SessionView => ({
    caller: session?.caller ?? null,
    signIn: [typeof signIn === 'object' ? 'oidc' : 'token'],
    hasPlayground: false,
  })

  app.get('/session', async request => view(await found(request)))

  app.delete('/session', (request, reply) => {
    endBefore(request)
    cookie.take(request, reply)
    return view(undefined)
  })

  if (typeof signIn === 'object') {
    serveOidc(app, { ...settings, signIn }, config, async (credential, request, reply) => {
      endBefore(request)
      cookie.give(request, reply, logged(request, await sessions.begin(credential)))
    })
  } else {
    app.post<{ Body: { readonly token?: unknown } | null }>(
      '/session',
      { bodyLimit: tokenBytesMax, config },
      async (request, reply) => {
        const token = request.body?.token
        if (typeof token !== 'string' || token === '') throw new ConsoleProblem(400, 'Give a token to sign in with.')
        const session = logged(request, await sessions.begin({ token }))
        endBefore(request)
        cookie.give(request, reply, session)
        return view(session)
      },
    )
  }

  function endBefore(request: FastifyRequest): void {
    const id = cookie.read(request)
    if (id !== undefined) sessions.end(id)
  }

  return async request => {
    const session = await found(request)
    if (session === undefined) throw new ConsoleProblem(401, 'Nobody is signed in here any more: sign in.')
    return session
  }
}

const tokenBytesMax = 16_384

function logged(request: FastifyRequest, session: Session): Session {
  request.log.info({ caller: session.caller.name, role: session.caller.role }, 'signed in')
  return session
}
