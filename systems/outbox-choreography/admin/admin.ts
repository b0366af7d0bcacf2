import { readFile } from 'node:fs/promises'
import cookie from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import formBody from '@fastify/formbody'
import session from '@fastify/session'
import type { FastifyError, FastifyInstance } from 'fastify'
import { type Log, textOf } from 'makegood'
import type { Database } from '../../runner/database.ts'
import { untilStarted } from '../../runner/starting.ts'
import { prefixOf } from '../forwarded.ts'
import { Account, type AdminCredentials } from './credentials.ts'
import { indexPage, troublePage } from './pages/simple-pages.ts'
import { sessionMs, sessionStore } from './sessions.ts'
import { signInRoutes } from './sign-in.ts'
import { Site, type SiteOptions, subjectOf, trouble } from './site.ts'
import { tableRoutes } from './table-routes.ts'

export interface AdminOptions extends SiteOptions {
  readonly log: Log
  /** Resolves when the service's tables are there. */
  readonly started: Promise<void>
  readonly credentials: AdminCredentials
}

/** What of the site's own is kept in the service's database. */
export const adminTables = new URL('tables.sql', import.meta.url)

/**
 * A site for the people behind a service: its tables, and what its messages are up to. Pages are made here and need
 * nothing but a browser. Register it under a prefix: nothing of it is seen outside.
 */
export async function adminSite(app: FastifyInstance, options: AdminOptions): Promise<void> {
  const { service, database, log, started, credentials } = options
  const account = new Account(credentials)
  const site = new Site(app.prefix, options)

  const tooLate = () => trouble(503, `${service.name} is still starting. Try again in a moment.`)
  app.addHook('onRoute', route => {
    route.schema = { ...route.schema, hide: true } as typeof route.schema & { hide: true }
  })
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(headers)
  })
  await app.register(styleRoute)

  await app.register(async scope => {
    await scope.register(cookie, { secret: account.signingKey })
    scope.addHook('onRequest', async ({ method, headers }) => {
      // Nothing here is for scripts, and a browser names no origin when it goes to a page. A gateway may open the whole of
      // a service to pages from elsewhere.
      if (method === 'GET' && headers.origin !== undefined)
        throw trouble(403, 'This is not for pages from elsewhere to read.')
      await untilStarted(started, tooLate)
    })
    await keepSessions(scope, account.signingKey, service.name, database)
    await takeForms(scope, account.signingKey, service.name)
    scope.setErrorHandler<FastifyError>((error, request, reply) => {
      const { status, says } = toldOf(error, database)
      if (status === 500)
        log.error({ service: service.name, request: request.id, error: textOf(error) }, 'admin: a page failed')
      return site.answer(request, reply, frame => troublePage(frame, status, says))
    })
    scope.setNotFoundHandler((request, reply) => {
      const [path = '', query] = request.url.split('?')
      if (request.method === 'GET' && !path.endsWith('/'))
        return reply.redirect(`${prefixOf(request)}${path}/${query === undefined ? '' : `?${query}`}`, 301)
      return site.answer(request, reply, frame => troublePage(frame, 404, 'There is no such page.'))
    })
    signInRoutes(scope, { account, database, site, log, service: service.name })

    await scope.register(async guarded => {
      guarded.addHook('onRequest', async (request, reply) => {
        if (request.session.account === account.user) return
        const asked = request.url.slice(app.prefix.length)
        const next = request.method === 'GET' ? `?next=${encodeURIComponent(asked)}` : ''
        return reply.redirect(`${site.baseFor(request)}/login/${next}`, 303)
      })
      guarded.get('/', async (request, reply) => {
        const figures = await service.queries.figures()
        return site.answer(request, reply, frame => indexPage(frame, figures))
      })
      tableRoutes(guarded, { service, database, site })
    })
  })
}

async function styleRoute(app: FastifyInstance): Promise<void> {
  const style = await readFile(new URL('style.css', import.meta.url), 'utf8')
  app.get('/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(style))
}

async function keepSessions(app: FastifyInstance, secret: string, service: string, database: Database): Promise<void> {
  await app.register(session, {
    secret,
    store: sessionStore(database),
    // A browser gives the cookies of one port to all ports of a host: each service needs its own.
    cookieName: `${service}-admin`,
    // The same behind a gateway and without it, whatever the path is there.
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: sessionMs },
    saveUninitialized: false,
  })
}

/** Takes forms, and only those that this site has made for the session that sends them. */
async function takeForms(app: FastifyInstance, hmacKey: string, service: string): Promise<void> {
  app.removeAllContentTypeParsers()
  await app.register(formBody)
  await app.register(csrf, {
    sessionPlugin: '@fastify/cookie',
    cookieKey: `${service}-admin-form`,
    cookieOpts: { path: '/', httpOnly: true, sameSite: 'strict', secure: 'auto', signed: true },
    csrfOpts: { hmacKey, userInfo: true },
    getUserInfo: subjectOf,
    getToken: request => (request.body as { _csrf?: string } | undefined)?._csrf,
  })
  app.addHook('preValidation', (request, reply, done) =>
    request.method === 'POST' ? app.csrfProtection(request, reply, done) : done(),
  )
}

const headers = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "style-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}

const tookTooLong = '57014'

function toldOf(
  error: FastifyError & { isForThePage?: boolean },
  database: Database,
): { status: number; says: string } {
  if (error.isForThePage) return { status: error.statusCode!, says: error.message }
  if (error.code?.startsWith('FST_CSRF'))
    return {
      status: 403,
      says: 'This form is too old, or it was not made by this site. Go back, load the page anew, and try again.',
    }
  if (error.code === tookTooLong)
    return { status: 503, says: 'The database has taken too long for this list. Look for less, or sort it otherwise.' }
  if (database.isAway(error)) return { status: 503, says: 'The database cannot be reached. Try again in a moment.' }
  const status = error.statusCode ?? 500
  return status >= 400 && status < 500
    ? { status, says: error.message }
    : { status: 500, says: 'The page could not be made; the log says why.' }
}
