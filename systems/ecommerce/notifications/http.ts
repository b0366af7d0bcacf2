import type { FastifyInstance } from 'fastify'
import type { Database } from '../../runner/database.ts'
import { routeByOrder } from '../by-order.ts'
import { Notification } from '../messages.ts'

export function notificationRoutes(app: FastifyInstance, database: Database): void {
  routeByOrder(app, database, { noun: 'Notification', shape: Notification, find: notificationOfOrder })
}

const notificationOfOrder =
  'select json_strip_nulls(to_json(notifications)) as found from notifications where order_id = $1'
