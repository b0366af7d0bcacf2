import { limitDefault, limitMax, statuses } from './query.ts'

/** For the documentation; what is allowed is checked by `query.ts`. */
interface RouteSchema {
  readonly tags: readonly string[]
  readonly summary: string
  readonly querystring?: object
  readonly params?: object
}

const text = { type: 'string' }
const service = { ...text, description: 'Only this service.' }
const limit = { type: 'integer', minimum: 1, maximum: limitMax, default: limitDefault }
const after = { ...text, description: 'The `next` of the page before; needs `service` if there are several.' }
const querystring = (properties: object): object => ({ type: 'object', properties: { service, ...properties } })

export const sagas: RouteSchema = {
  tags: ['operations'],
  summary: 'Sagas, newest first',
  querystring: querystring({ status: { ...text, enum: statuses }, definition: text, limit, after }),
}

export const saga: RouteSchema = {
  tags: ['operations'],
  summary: 'One saga: its state, data and journal, and the messages that the services here received of it',
  params: { type: 'object', properties: { id: { ...text, maxLength: 256 } } },
}

export function messages(state: 'dead' | 'parked'): RouteSchema {
  const summary = state === 'dead' ? 'Dead letters, oldest first' : 'Parked messages, oldest first'
  return { tags: ['operations'], summary, querystring: querystring({ limit, after }) }
}

export const definitions: RouteSchema = {
  tags: ['operations'],
  summary: 'What the services host, and how many sagas of each definition have not ended',
  querystring: querystring({}),
}
