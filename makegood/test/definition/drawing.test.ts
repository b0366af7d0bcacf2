import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, drawing, event, saga } from '../../src/makegood.ts'
import { ordering } from '../engine/ordering.ts'

test('a choreography is drawn from its first event to its ends, with the services that lead on', () => {
  expect(drawing(ordering())).toBe(`flowchart LR
  e0["order.placed"]
  e1["stock.reserved"]
  e2(["stock.lacking: compensated"])
  e3(["payment.taken: completed"])
  e4["payment.denied"]
  e5(["stock.returned: compensated"])
  e0 -- stock --> e1
  e0 -- stock --> e2
  e1 -- payment --> e3
  e1 -- payment --> e4
  e4 -- stock --> e5
`)
})

test('a saga is drawn step by step, with what undoes each, and those of one stage side by side', () => {
  const Order = z.object({ orderId: z.string() })
  const [charge, refund, reserve, ship] = (
    ['payment.charge', 'payment.refund', 'stock.reserve', 'shipping.ship'] as const
  ).map(type => command(type, { payload: Order }))
  const placed = event('order.placed', { payload: Order })
  const payload = (order: { orderId: string }) => order
  const checkout = saga('checkout', { version: 1, data: Order })
    .startsOn(placed, { key: order => order.orderId, data: order => order })
    .parallel(group =>
      group
        .compensatable('payment', charge!, { payload, compensation: { command: refund!, payload } })
        .compensatable('stock', reserve!, { payload, compensation: 'not needed' }),
    )
    .pivot('shipping', ship!, { payload })
    .ends()
  expect(drawing(checkout)).toBe(`flowchart LR
  start(["order.placed"])
  s0["payment<br>compensatable<br>payment.charge"]
  s1["stock<br>compensatable<br>stock.reserve"]
  s2["shipping<br>pivot<br>shipping.ship"]
  end_(["completed"])
  start --> s0
  start --> s1
  s0 --> s2
  s1 --> s2
  s2 --> end_
  u0["payment.refund"]
  s0 -. undone by .-> u0
`)
})
