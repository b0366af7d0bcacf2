import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { answers } from '../spring-server.ts'

export function stockRoutes(app: FastifyInstance, database: Database): void {
  app.get('/api/v1/stocks', { schema: listing }, async () => {
    const { rows } = await database.transaction(db => db.query(stocks))
    return rows
  })
}

const stocks = 'select product_id as "productId", quantity from stocks order by product_id'

const listing = {
  tags: ['stocks'],
  summary: 'How many pieces there are of each product',
  response: answers(Type.Array(Type.Object({ productId: Type.Integer(), quantity: Type.Integer() }))),
}
