import type { FastifyHelmetOptions } from '@fastify/helmet'
import type { Settings } from './options.ts'

/** What a browser may do with the pages: load what is the console's own, talk to it alone, and be framed by nobody. */
export function headersOf({ publicUrl }: Settings): FastifyHelmetOptions {
  const isSecure = publicUrl?.protocol === 'https:'
  return {
    enableCSPNonces: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // The nonce of each answer is added to it.
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
    hsts: isSecure ? {} : false,
  }
}
