import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { ConsoleProblem } from './problem.ts'

/** Where the build leaves room for a word of the answer's own, without which styles in the page are refused. */
const placeOfNonce = /\{\{nonce\}\}/g

/** The built pages: files under `/assets`, and one document for every other address; the browser does the rest. */
export async function servePages(app: FastifyInstance, folder: string): Promise<void> {
  const file = join(folder, 'index.html')

  await app.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    // Their names change with what is in them.
    immutable: true,
    maxAge: '365d',
    preCompressed: true,
    decorateReply: false,
  })

  app.get('/', { prefixTrailingSlash: 'no-slash' }, (_, reply) => reply.redirect('/console/'))
  app.get('/*', (_, reply) => {
    // Read each time: it names files that are others after a build, and is small.
    const document = existsSync(file) ? readFileSync(file, 'utf8') : undefined
    if (document === undefined) throw new ConsoleProblem(503, 'The pages are not built: npm run build:console.')
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(document.replace(placeOfNonce, reply.cspNonce.style))
  })
}
