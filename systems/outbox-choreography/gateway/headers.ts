import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Match } from './route-table.ts'

type Headers = Record<string, string | string[] | undefined>

/** What the service is told: what the client said, without what was meant for us, and who asked whom for what. */
export function requestHeaders({ raw, headers, ip }: FastifyRequest, { prefix }: Match): Headers {
  const { host: _ours, expect: _alreadyAnswered, ...others } = endToEnd(headers)
  const { 'x-forwarded-for': before } = headers
  return {
    ...others,
    'x-forwarded-for': before === undefined ? ip : `${before}, ${ip}`,
    'x-real-ip': ip,
    // Nobody is trusted to have said these before.
    'x-forwarded-proto': 'http',
    'x-forwarded-host': headers.host?.replace(/:\d+$/, '') ?? '',
    'x-forwarded-port': String(raw.socket.localPort ?? ''),
    'x-forwarded-path': raw.url?.split('?', 1)[0] ?? '',
    ...(prefix === undefined ? {} : { 'x-forwarded-prefix': prefix }),
  }
}

/** What the client is told: what the service said, but for what the gateway's plugins say themselves. */
export function responseHeaders(upstream: IncomingHttpHeaders, reply: FastifyReply): Headers {
  const ours = reply.getHeaders() as Headers
  const vary = [upstream.vary, ours['vary']].filter(Boolean).join(', ')
  return { ...endToEnd(upstream), ...ours, ...(vary === '' ? {} : { vary }) }
}

/** Without what holds for one connection only (RFC 9110, 7.6.1), be it known or named by `Connection`. */
function endToEnd(headers: IncomingHttpHeaders): Headers {
  const named = String(headers.connection ?? '')
    .toLowerCase()
    .split(',')
  const dropped = new Set([...hopByHop, ...named.map(name => name.trim())])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)))
}

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
