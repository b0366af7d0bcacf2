import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Door } from '../door.ts'
import { freePortOffset } from '../free-ports.ts'

let door: Door
let url: string
beforeEach(async () => {
  const port = 8_000 + (await freePortOffset([8_000]))
  url = `http://127.0.0.1:${port}`
  door = new Door('shipping-service')
  await door.open({ host: '127.0.0.1', port })
})
afterEach(() => door.close())

test('whoever is inside answers, and when nobody is, the door says who is away', async () => {
  const first = saying('first')
  await door.admit(first)
  expect(await textAt('/')).toBe('first')

  await door.release(first)
  const away = await fetch(url)
  expect(away.status).toBe(503)
  expect(await away.json()).toMatchObject({ status: 503, detail: 'shipping-service is stopped at present.' })

  await door.admit(saying('second'))
  expect(await textAt('/')).toBe('second')
})

test.each([
  ['/console', 'console'],
  ['/console/', 'console'],
  ['/console/sagas?status=stuck', 'console'],
  ['/console?status=stuck', 'console'],
  ['/consoles', 'shop'],
  ['/', 'shop'],
])('of those inside, %s is for the %s', async (path, name) => {
  await door.admit(saying('shop'))
  await door.admit(saying('console'), '/console')
  expect(await textAt(path)).toBe(name)
})

describe('whoever is released', () => {
  test('answers what it was asked, before what it needs is let go of, and takes nothing new', async () => {
    const [begun, go] = [gate(), gate()]
    const app = Fastify()
    let isClosed = false
    app.addHook('onClose', async () => {
      isClosed = true
    })
    app.get('/', async () => {
      begun.open()
      await go.opened
      return isClosed ? 'too late' : 'in time'
    })
    await door.admit(app)
    const asked = textAt('/')
    await begun.opened
    const released = door.release(app)
    expect((await fetch(url)).status).toBe(503)
    go.open()
    expect(await asked).toBe('in time')
    await released
  })

  test('ends its streams by itself, wherever it has said how', async () => {
    const app = Fastify()
    await app.register(async scope => {
      const streams = new Set<{ end(): void }>()
      scope.addHook('preClose', async () => {
        for (const stream of streams) stream.end()
      })
      scope.get('/', (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(200).write('begin')
        streams.add(reply.raw)
      })
    })
    await door.admit(app)
    const stream = await fetch(url)
    await door.release(app)
    expect(await stream.text()).toBe('begin')
  })
})

test('a door that is closed does not wait for clients that keep their connections', async () => {
  await door.admit(saying('shop'))
  await textAt('/')
  await door.close()
  await expect(fetch(url)).rejects.toThrow()
})

async function textAt(path: string): Promise<string> {
  return (await fetch(`${url}${path}`)).text()
}

function saying(text: string): FastifyInstance {
  const app = Fastify()
  app.get('/*', async () => text)
  return app
}

function gate() {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { open, opened }
}
