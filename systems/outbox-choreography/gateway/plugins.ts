import type { TSchema } from 'typebox'
import type { Plugin } from './plugin.ts'
import { correlationId } from './plugins/correlation-id.ts'
import { cors } from './plugins/cors.ts'
import { rateLimiting } from './plugins/rate-limiting.ts'
import { requestSizeLimiting } from './plugins/request-size-limiting.ts'

/** In the order in which Kong runs them, whatever the order in the file. */
export const plugins: readonly Plugin<TSchema>[] = [correlationId, cors, requestSizeLimiting, rateLimiting]
