import { z } from 'zod'
import { event } from '../../../src/definition/message.ts'
import { handlersFor } from '../../../src/definition/participant.ts'
import { cloudEventsWire } from '../../../src/engine/cloud-events-wire.ts'

const orderPlaced = event('order.placed', { payload: z.object({ orderId: z.string() }) })
const hosts = [handlersFor<unknown>().on(orderPlaced, async () => {})]

export default [{ name: 'letters', hosts, wire: cloudEventsWire({ services: [{ name: 'letters', hosts }] }) }]
