import type { FastifyInstance } from 'fastify'
import type { PgClient, Service } from 'makegood'
import { checkout } from '../checkout.ts'
import { answers, HttpFailure, succeeded, uuidParameter } from '../http-envelope.ts'
import { SagaView, sagaView } from './saga-view.ts'

/** Internal: the order service asks here. */
export function orchestratorRoutes(app: FastifyInstance, { queries }: Service<string, PgClient>): void {
  app.get(
    '/api/v1/orders/:order_id/saga',
    {
      config: { failure: 'Saga retrieval failed' },
      schema: { tags: ['sagas'], summary: "The way of an order's saga", response: answers(SagaView) },
    },
    async request => {
      const orderId = uuidParameter(request, 'order_id', 'Invalid order ID')
      const saga = await queries.sagaByKey(checkout.name, orderId)
      if (saga === undefined) throw new HttpFailure(404, 'Saga not found')
      const journal = await queries.journal(saga.id)
      return succeeded(request, 'Saga retrieved successfully', sagaView(saga, journal, commandsOf))
    },
  )
}

function commandsOf(name: string) {
  const step = checkout.stages.flat().find(step => step.name === name)
  const { compensation } = step ?? {}
  return {
    forward: step?.command.type ?? '',
    compensation: typeof compensation === 'object' ? compensation.command.type : '',
  }
}
