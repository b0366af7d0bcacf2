import { expect } from 'vitest'

/** A shop as its customers see it: through HTTP. `Answer` is what its bodies have the shape of, if they have one. */
export class HttpShop<Running extends RunningServices, Answer = unknown> {
  readonly running: Running

  constructor(running: Running) {
    this.running = running
  }

  async read<Data>(service: string, path: string): Promise<Data> {
    const { status, body } = await this.call<Data>('GET', service, path)
    expect({ status, body }).toMatchObject({ status: 200 })
    return body
  }

  /** A body that is a text is sent as it is, any other as JSON; an answer is read as what it says it is. */
  async call<Body = Answer>(
    method: string,
    service: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered<Body>> {
    const response = await fetch(`${this.running.urlOf(service)}${path}`, {
      method,
      redirect: 'manual',
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body }
  }
}

/** However they run. */
export interface RunningServices {
  urlOf(service: string): string
  stop(): Promise<void>
}

export interface Answered<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}
