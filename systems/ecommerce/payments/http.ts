import type { FastifyInstance } from 'fastify'
import type { Database } from '../../runner/database.ts'
import { routeByOrder } from '../by-order.ts'
import { Payment } from '../messages.ts'

export function paymentRoutes(app: FastifyInstance, database: Database): void {
  routeByOrder(app, database, { noun: 'Payment', shape: Payment, find: paymentOfOrder })
}

const paymentOfOrder = 'select json_strip_nulls(to_json(payments)) as found from payments where order_id = $1'
