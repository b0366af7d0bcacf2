import { type Asked, type Reading, type Server, serveReadings } from '../adapters/fastify/readings.ts'
import type { Hosted } from '../engine/options.ts'
import { MakegoodError } from '../model/errors.ts'
import type { StoreQueries } from '../ports/store.ts'
import { definitionsOf, isTracked } from './definitions.ts'
import { isPlain, type Page, pageOf, readPage, readSagaSearch, readService } from './query.ts'
import * as schemas from './schemas.ts'
import { inboxView, journalView, sagaView, sagaViewInFull } from './views.ts'

export interface OperationsOptions {
  /** The services of this process that are shown. */
  readonly services: readonly OperatedService[]
}

/** A service as operations see it. */
export interface OperatedService {
  readonly name: string
  readonly hosts: readonly Hosted<any>[]
  readonly queries: StoreQueries
}

/**
 * What an operator may see of the services in this process, under `/operations`. Nothing here changes anything. It shows
 * the data of sagas and messages and asks nobody who they are: keep it where only operators get to.
 *
 * Lists are grouped by service, newest sagas first and oldest messages first; a page that is full names the `next` one.
 *
 * @example
 * await app.register(operationsRoutes, { services: [orders, orchestrator] })
 */
export function operationsRoutes(app: Server, { services }: OperationsOptions): Promise<void> {
  return serveReadings(app, '/operations', [
    sagas(services),
    saga(services),
    messages(services, '/dead-letters', 'dead'),
    messages(services, '/parked', 'parked'),
    definitions(services),
  ])
}

type Services = readonly OperatedService[]

function sagas(services: Services): Reading {
  return {
    path: '/sagas',
    schema: schemas.sagas,
    answer: async ({ query }) => {
      const filter = readSagaSearch(query)
      return grouped(chosen(services, query), 'sagas', async ({ queries }) =>
        pageOf(await queries.sagas(filter), sagaView),
      )
    },
  }
}

/** The saga, its journal, and what every service here received of it. */
function saga(services: Services): Reading {
  return {
    path: '/sagas/:id',
    schema: schemas.saga,
    answer: async ({ params: { id = '' } }) => {
      for (const { name, hosts, queries } of services) {
        const row = isPlain(id) ? await queries.saga(id) : undefined
        if (row === undefined) continue
        // The messages of a saga have its id as theirs; an instance that is followed has theirs as its key.
        const correlationId = isTracked(hosts, row.definition) ? row.key : id
        const [journal, received] = await Promise.all([queries.journal(id), messagesOf(services, correlationId)])
        return { service: name, ...sagaViewInFull(row), journal: journal.map(journalView), messages: received }
      }
      throw new MakegoodError('SAGA_UNKNOWN', `No service here has a saga ${id}.`)
    },
  }
}

function messages(services: Services, path: string, state: 'dead' | 'parked'): Reading {
  return {
    path,
    schema: schemas.messages(state),
    answer: async ({ query }) => {
      const page = readPage(query)
      return grouped(chosen(services, query), 'messages', async ({ queries }) =>
        pageOf(await queries.inbox({ state, ...page }), inboxView),
      )
    },
  }
}

function definitions(services: Services): Reading {
  return {
    path: '/definitions',
    schema: schemas.definitions,
    answer: async ({ query }) => ({
      services: await Promise.all(
        chosen(services, query).map(async ({ name, hosts, queries }) => ({
          service: name,
          ...definitionsOf(hosts, await queries.versionsInFlight()),
        })),
      ),
    }),
  }
}

function chosen(services: Services, query: Asked['query']): Services {
  const name = readService(
    query,
    services.map(service => service.name),
  )
  return name === undefined ? services : services.filter(service => service.name === name)
}

async function grouped<What extends string, Row>(
  services: Services,
  what: What,
  read: (service: OperatedService) => Promise<Page<Row>>,
): Promise<object> {
  const groups = services.map(async service => {
    const { rows, next } = await read(service)
    return { service: service.name, [what]: rows, next }
  })
  return { services: await Promise.all(groups) }
}

async function messagesOf(services: Services, correlationId: string): Promise<readonly object[]> {
  const received = await Promise.all(
    services.map(async ({ name, queries }) => {
      const rows = await queries.messages(correlationId)
      return rows.map(row => ({ service: name, ...inboxView(row) }))
    }),
  )
  return received.flat().sort((one, other) => one.receivedAt.localeCompare(other.receivedAt))
}
