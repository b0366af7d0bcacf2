import fastifyCookie from '@fastify/cookie'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { serveActions } from './actions.ts'
import { guard } from './guard.ts'
import { headersOf } from './headers.ts'
import { LastKnown } from './last-known.ts'
import { serveChanges } from './live.ts'
import { serveOpenSession } from './open-session.ts'
import { type ConsoleOptions, resolve, type Settings } from './options.ts'
import { servePages } from './pages.ts'
import { answerProblem, ConsoleProblem } from './problem.ts'
import { serveReads } from './reads.ts'
import { serveSignIn } from './sign-in.ts'

/**
 * The console under `/console`, on a server that is there already. What it sets up holds there alone.
 *
 * @example
 * await app.register(consolePlugin, { services: ['http://127.0.0.1:3000'], signIn: 'none' })
 */
export async function consolePlugin(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  const settings = resolve(options)
  await app.register(console => serveConsole(console, settings), { prefix: '/console' })
}

async function serveConsole(app: FastifyInstance, settings: Settings): Promise<void> {
  app.setErrorHandler(answerProblem)
  await app.register(fastifyHelmet, headersOf(settings))
  await app.register(fastifyCookie)
  await app.register(fastifyRateLimit, { global: false })
  await servePages(app, settings.pages)
  await app.register(async api => serveApi(api, settings), { prefix: '/api' })
}

function serveApi(app: FastifyInstance, settings: Settings): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    guard(request, settings)
  })
  const sessionOf = settings.signIn === 'none' ? serveOpenSession(app, settings) : serveSignIn(app, settings)
  const lastKnown = new LastKnown()
  serveReads(app, lastKnown, sessionOf)
  serveActions(app, sessionOf)
  serveChanges(app, settings.services.length, lastKnown, sessionOf)
  const { playground } = settings
  if (playground !== undefined) app.register(async scope => playground(scope), { prefix: '/playground' })
  app.all('/*', request => {
    throw new ConsoleProblem(404, `There is nothing at ${request.url.split('?')[0]}.`)
  })
}
