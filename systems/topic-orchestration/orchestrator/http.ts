import type { FastifyInstance } from 'fastify'
import type { PgClient, Service, StoreQueries } from 'makegood'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { anyInteger, HttpRefusal, integer, optional, read, text } from '../../runner/fastapi/fields.ts'
import { pageFields } from '../../runner/fastapi/page.ts'
import { answers } from '../../runner/fastapi/server.ts'
import { NewOrder } from '../messages.ts'
import { idempotencyKeyIn, readNewOrder } from '../orders/new-order.ts'
import { placeOrder } from './place-order.ts'
import { type SagaKeys, SagaView, sagaView } from './saga-view.ts'

export function orchestratorRoutes(
  app: FastifyInstance,
  orchestrator: Service<string, PgClient>,
  database: Database,
): void {
  app.post('/orders', { schema: placing }, async ({ body, headers }) => {
    const wanted = readNewOrder(body)
    const placed = await placeOrder(orchestrator, wanted, idempotencyKeyIn(headers))
    return { message: 'Order saga started', ...placed, status: 'PROCESSING' }
  })

  app.get<Asked>('/sagas', { schema: listing }, async ({ query }) => {
    const { skip, limit } = read('query', query, { ...pageFields, limit: optional(integer(1, 100), 10) })
    return found(sagasOnPage, [skip, limit])
  })

  app.get<Asked>('/sagas/:saga_id', { schema: reading }, async ({ params }) => {
    const { saga_id } = read('path', params, { saga_id: text(1, 64) })
    const [saga] = await found(sagaById, [saga_id])
    if (saga === undefined) throw new HttpRefusal(404, 'Saga not found')
    return saga
  })

  app.get<Asked>('/sagas/order/:order_id', { schema: readingByOrder }, async ({ params }) => {
    const { order_id } = read('path', params, { order_id: anyInteger })
    const [saga] = await found(sagaByOrder, [order_id])
    if (saga === undefined) throw new HttpRefusal(404, 'Saga not found for this order')
    return saga
  })

  async function found(statement: string, values: unknown[]): Promise<SagaView[]> {
    const { rows } = await database.transaction(db => db.query<SagaKeys>(statement, values))
    return viewsOf(rows, orchestrator.queries)
  }
}

async function viewsOf(all: readonly SagaKeys[], queries: StoreQueries): Promise<SagaView[]> {
  const sagas = new Map((await queries.sagasById(all.map(({ saga_id }) => saga_id))).map(saga => [saga.id, saga]))
  const views: SagaView[] = []
  for (const keys of all) {
    const saga = sagas.get(keys.saga_id)
    if (saga !== undefined) views.push(sagaView(keys, saga, await queries.journal(saga.id)))
  }
  return views
}

const keys = 'id, saga_id, order_id'
const sagasOnPage = `select ${keys} from sagas order by id offset $1 limit $2`
const sagaById = `select ${keys} from sagas where saga_id = $1`
const sagaByOrder = `select ${keys} from sagas where order_id = $1`

interface Asked {
  readonly Querystring: Record<string, unknown>
  readonly Params: Record<string, unknown>
}

// ── What the routes look like from outside ──────────────────────────────────────────────────────────────────────────

const placing = {
  tags: ['orders'],
  summary: 'Place an order; with a key it may be repeated',
  headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String({ maxLength: 200 })) }),
  body: NewOrder,
  response: answers(
    Type.Object({
      message: Type.String(),
      saga_id: Type.String({ format: 'uuid' }),
      order_id: Type.Integer(),
      status: Type.Literal('PROCESSING'),
    }),
  ),
}

const listing = {
  tags: ['sagas'],
  summary: 'Sagas, oldest first',
  querystring: Type.Object({
    skip: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10 })),
  }),
  response: answers(Type.Array(SagaView)),
}

const reading = {
  tags: ['sagas'],
  summary: 'One saga, and what became of each of its steps',
  params: Type.Object({ saga_id: Type.String() }),
  response: answers(SagaView),
}

const readingByOrder = {
  tags: ['sagas'],
  summary: 'The saga of an order',
  params: Type.Object({ order_id: Type.Integer() }),
  response: answers(SagaView),
}
