import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { answers, succeeded } from '../http-envelope.ts'

export function inventoryRoutes(app: FastifyInstance, database: Database): void {
  app.get(
    '/api/v1/products',
    {
      config: { failure: 'Products retrieval failed' },
      schema: { tags: ['products'], summary: 'The catalogue with its stock', response: answers(Type.Array(Product)) },
    },
    async request => {
      const { rows } = await database.transaction(db => db.query<{ product: unknown }>(products))
      return succeeded(
        request,
        'Products retrieved successfully',
        rows.map(row => row.product),
      )
    },
  )
}

const Product = Type.Object({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  price: Type.Number(),
  stock: Type.Integer(),
  reserved_stock: Type.Integer(),
})

const products = 'select to_json(products) as product from products order by id'
