import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { closeWithin } from '../../gateway/closing.ts'

test('a stream that never ends is cut off when its time is over', async () => {
  const app = Fastify()
  closeWithin(app, 50)
  app.get('/', (_request, reply) => void reply.hijack().raw.writeHead(200).write('and on it goes'))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const asked = request({ host: '127.0.0.1', port }).end()
  const [answer] = await once(asked, 'response')
  const cutOff = once(answer, 'error')
  answer.resume()
  await app.close()
  expect((await cutOff)[0]).toMatchObject({ code: 'ECONNRESET' })
})
