// What is no choreography.
import { z } from 'zod'
import { choreography } from '../../src/definition/choreography.ts'
import { event } from '../../src/definition/message.ts'
import { orderPlaced } from './shop.ts'

const kept = event('stock.kept', { payload: z.object({}) })
const lost = event('stock.lost', { payload: z.object({}) })
choreography('test', {
  starts: orderPlaced,
  leads: [{ from: orderPlaced, in: 'stock', to: [kept, lost] }],
  // @ts-expect-error nothing reads stock.lost, and it is not an end
  ends: { completed: [kept] },
})
