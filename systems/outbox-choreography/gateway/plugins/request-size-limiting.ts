import Type from 'typebox'
import { GatewayFailure } from '../failure.ts'
import type { Plugin } from '../plugin.ts'

const units = { megabytes: 2 ** 20, kilobytes: 2 ** 10, bytes: 1 }

const Config = Type.Object(
  {
    allowed_payload_size: Type.Integer({ minimum: 1 }),
    size_unit: Type.Optional(Type.Enum(['megabytes', 'kilobytes', 'bytes'])),
  },
  { additionalProperties: false },
)

/** Refuses bodies that are too large: at once if they say so, and otherwise where they turn out to be. */
export const requestSizeLimiting: Plugin<typeof Config> = {
  name: 'request-size-limiting',
  config: Config,
  apply(app, { allowed_payload_size, size_unit = 'megabytes' }) {
    const bytesMax = allowed_payload_size * units[size_unit]
    app.addHook('onRequest', async request => {
      request.bodyBytesMax = bytesMax
      if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw bodyTooLarge()
    })
  },
}

export function bodyTooLarge(): GatewayFailure {
  return new GatewayFailure(413, 'Request size limit exceeded')
}
