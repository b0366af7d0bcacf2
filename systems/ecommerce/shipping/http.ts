import type { FastifyInstance } from 'fastify'
import type { Database } from '../../runner/database.ts'
import { routeByOrder } from '../by-order.ts'
import { Shipment } from '../messages.ts'

export function shippingRoutes(app: FastifyInstance, database: Database): void {
  routeByOrder(app, database, { noun: 'Shipment', shape: Shipment, find: shipmentOfOrder })
}

const shipmentOfOrder = 'select json_strip_nulls(to_json(shipments)) as found from shipments where order_id = $1'
