import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Settings } from './options.ts'
import type { Session } from './session.ts'

const name = 'makegood-console'

/** The cookie of a session: no page can read it, and no other site can have it sent. */
export class SessionCookie {
  readonly #publicUrl: URL | undefined
  readonly #lastsS: number

  constructor({ publicUrl, sessionMs }: Settings) {
    this.#publicUrl = publicUrl
    this.#lastsS = sessionMs / 1_000
  }

  read(request: FastifyRequest): string | undefined {
    return request.cookies[name]
  }

  give(request: FastifyRequest, reply: FastifyReply, { id }: Session): void {
    reply.setCookie(name, id, { ...this.attributes(request), maxAge: this.#lastsS })
  }

  take(request: FastifyRequest, reply: FastifyReply): void {
    reply.clearCookie(name, this.attributes(request))
  }

  attributes({ protocol }: FastifyRequest): CookieSerializeOptions {
    const secure = (this.#publicUrl?.protocol ?? `${protocol}:`) === 'https:'
    return { path: '/console', httpOnly: true, sameSite: 'strict', secure }
  }
}
