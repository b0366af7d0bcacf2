import type { FastifyInstance } from 'fastify'
import type { Log } from 'makegood'
import type { Database } from '../../runner/database.ts'
import { Attempts } from './attempts.ts'
import type { Account } from './credentials.ts'
import { type SignIn, signInPage } from './pages/simple-pages.ts'
import type { Site } from './site.ts'

export interface SignInOptions {
  readonly account: Account
  readonly database: Database
  readonly site: Site
  readonly log: Log
  readonly service: string
}

export function signInRoutes(app: FastifyInstance, { account, database, site, log, service }: SignInOptions): void {
  const attempts = new Attempts(database)

  app.get<{ Querystring: { next?: unknown } }>('/login/', async (request, reply) => {
    const next = placeHere(request.query.next)
    if (request.session.account === account.user) return reply.redirect(`${site.baseFor(request)}${next}`, 303)
    return site.answer(request, reply, frame => signInPage(frame, { user: '', next }))
  })

  app.post<{ Body: { user?: unknown; password?: unknown; next?: unknown } }>('/login/', async (request, reply) => {
    const user = textIn(request.body.user).slice(0, 150)
    const password = textIn(request.body.password)
    const next = placeHere(request.body.next)
    const again = (told: Pick<SignIn, 'error' | 'status'>) =>
      site.answer(request, reply, frame => signInPage(frame, { user, next, ...told }))

    if (user === '' || password === '') return again({ status: 400, error: 'Enter a user name and a password.' })
    const lockedUntil = await attempts.begin(user, request.ip)
    if (lockedUntil !== undefined) {
      log.warn({ service, request: request.id, address: request.ip }, 'admin: too many attempts to sign in')
      reply.header('Retry-After', Math.max(1, Math.ceil((lockedUntil.getTime() - Date.now()) / 1_000)))
      return again({ status: 429, error: lockedText(lockedUntil) })
    }
    if (!(await account.isOf(user, password)))
      return again({ status: 401, error: 'The user name or the password is wrong.' })
    await attempts.succeeded(user, request.ip)
    await request.session.regenerate()
    request.session.account = account.user
    return reply.redirect(`${site.baseFor(request)}${next}`, 303)
  })

  app.post('/logout/', async (request, reply) => {
    await request.session.destroy()
    return reply.redirect(`${site.baseFor(request)}/login/`, 303)
  })
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('\0', '') : ''
}

/** Where to after signing in: a page of this site, as its address goes on behind where the site is. */
function placeHere(next: unknown): string {
  return typeof next === 'string' && /^\/[\w./?=&%:+~,-]*$/.test(next) ? next : '/'
}

function lockedText(until: Date): string {
  const minutes = Math.max(1, Math.ceil((until.getTime() - Date.now()) / 60_000))
  const time = `${until.toISOString().slice(11, 16)} UTC`
  return `There were too many attempts to sign in. Try again at ${time}, in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`
}
