import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

export interface Closing {
  readonly begun: boolean
}

/**
 * Lets `app.close()` wait for nobody but those who are still to be answered. A client that keeps its connection alive
 * would hold it up until it lets go: while the server closes, every answer is the last one of its connection. So would
 * one that has opened a connection and not asked anything yet, as browsers do beforehand: to Node it is neither idle nor
 * busy. (Idle connections Node closes by itself since version 19.)
 */
export function closePromptly(app: FastifyInstance): Closing {
  const closing = { begun: false }
  const unused = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  app.server.on('request', ({ socket }) => unused.delete(socket))
  app.addHook('preClose', async () => {
    closing.begun = true
    for (const socket of unused) socket.destroy()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (closing.begun) reply.header('connection', 'close')
  })
  return closing
}
