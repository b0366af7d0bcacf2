import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** Answers what it is told to at `/operations…`: somebody else's server that keeps the contract, or breaks it. */
export interface Stranger {
  readonly url: string
  /** What it was asked, as `GET /sagas?status=stuck`. */
  readonly asked: readonly Asked[]
  /** Ends the connections that are open, and takes no new ones until `back`. */
  goAway(): Promise<void>
  comeBack(): Promise<void>
}

export interface Asked {
  readonly line: string
  readonly token: string | undefined
  readonly body: any
}

/** By `GET /sagas`, without the query: a body, or what to do with the response. */
export interface Answers {
  readonly [route: string]: object | ((asked: Asked, response: ServerResponse) => object | undefined)
}

export async function stranger(answers: Answers): Promise<Stranger> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url!.replace('/operations', '')}`
    const one = { line, token: request.headers.authorization, body: await bodyOf(request) }
    asked.push(one)
    const answer = answers[line.split('?')[0]!]
    const body = typeof answer === 'function' ? answer(one, response) : answer
    if (answer === undefined) response.writeHead(404).end('Nobody here')
    else if (body !== undefined)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const listen = (port: number) => new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  const close = async () => {
    if (!server.listening) return
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  await listen(0)
  onTestFinished(close)
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, asked, goAway: close, comeBack: () => listen(port) }
}

export function problem(status: number, detail: string, code?: string) {
  return (_: Asked, response: ServerResponse): undefined => {
    response.writeHead(status, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ status, title: 'Refused', detail, requestId: 'r-1', ...(code && { code }) }))
  }
}

async function bodyOf(request: IncomingMessage): Promise<any> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? undefined : JSON.parse(text)
}
