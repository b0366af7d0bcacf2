import type { FastifyInstance } from 'fastify'

export interface Closing {
  readonly begun: boolean
}

/**
 * A client that keeps its connection alive would hold `app.close()` up until it lets go: while the server closes, every
 * answer is the last one of its connection. (Idle connections Node closes by itself since version 19.)
 */
export function closePromptly(app: FastifyInstance): Closing {
  const closing = { begun: false }
  app.addHook('preClose', async () => {
    closing.begun = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (closing.begun) reply.header('connection', 'close')
  })
  return closing
}
