import { randomUUID } from 'node:crypto'
import { type Handler, handlersFor, type PgClient } from 'makegood'
import { cancelShipment, createShipment, type Shipment } from '../messages.ts'
import type { Provider } from '../provider/provider.ts'

const { callThenRecord } = handlersFor<PgClient>()

/** Books shipments with the carrier, calls them off, and keeps them. */
export function shippingHandlers(carrier: Provider): Handler<PgClient>[] {
  return [
    callThenRecord(createShipment, {
      keys: shipment => [shipment.order_id],
      callsMax: 64,
      call: ({ order_id }, { key, signal }) =>
        carrier.do({ key, kind: 'shipment', undoneBy: 'cancellation', orderId: order_id, amountCents: 0 }, signal),
      record: async (booking, { payload, message, tx, succeed, fail }) => {
        const { order_id, customer_id, shipping_address } = payload
        if (booking.outcome === 'refused') return fail('PROVIDER_UNAVAILABLE', { order_id, reason: booking.reason })
        const { rows } = await tx.db.query<{ shipment: Shipment }>(enterShipment, [
          randomUUID(),
          order_id,
          customer_id,
          message.sagaId,
          booking.reference,
          JSON.stringify(shipping_address),
        ])
        return succeed({ shipment: rows[0]!.shipment })
      },
    }),

    callThenRecord(cancelShipment, {
      keys: cancellation => [cancellation.order_id],
      callsMax: 64,
      call: ({ order_id }, { key, signal }) =>
        carrier.undo({ key, kind: 'cancellation', undoes: 'shipment', orderId: order_id }, signal),
      record: async (_called, { payload: { order_id, reason }, message, tx, succeed }) => {
        const { rows } = await tx.db.query<Cancelled>(markCancelled, [order_id, message.sagaId, reason])
        return succeed({ ...rows[0], cancelled_at: new Date().toISOString(), reason })
      },
    }),
  ]
}

interface Cancelled {
  readonly shipment_id: string
  readonly tracking_id: string
}

const enterShipment = `
  insert into shipments (id, order_id, customer_id, saga_id, tracking_id, address, status)
  values ($1, $2, $3, $4, $5, $6, 'preparing')
  returning json_strip_nulls(to_json(shipments)) as shipment
`

const markCancelled = `
  update shipments
  set status = 'cancelled', failure_reason = $3, updated_at = now()
  where order_id = $1 and saga_id = $2
  returning id as shipment_id, tracking_id
`
