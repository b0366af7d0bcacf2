import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import type { Product } from '../products/http.ts'
import { services } from '../wire.ts'
import { embeddedShop } from './embedded-shop.ts'
import { type Placed, Shop } from './shop.ts'

// What stands between orchestrator and order service passes on what is asked, and loses answers.

let network: Server
let shop: Shop
/** How many answers are lost from now on. */
let toLose = 0
/** Once it has lost an answer about this product it is gone. Calls about others may still be on their way. */
let endsAfter: Product | undefined
beforeAll(async () => {
  network = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const answer = await fetch(`${shop.running.urlOf(services.order)}${request.url}`, {
      method: request.method!,
      headers: { 'Idempotency-Key': String(request.headers['idempotency-key']) },
      body,
    })
    const text = await answer.text()
    toLose -= 1
    if (toLose >= 0) {
      if (endsAfter?.id === JSON.parse(body).product_id) network.close()
      response.destroy()
    } else response.writeHead(answer.status, { connection: 'close' }).end(text)
  })
  await new Promise<void>(resolve => network.listen(0, '127.0.0.1', resolve))
  const { port } = network.address() as AddressInfo
  shop = new Shop(await embeddedShop(`http://127.0.0.1:${port}`))
})
afterAll(async () => {
  await shop?.running.stop()
  network.close()
})

let product: Product
let wanted: { owner_id: number; product_id: number; quantity: number }
beforeEach(async () => {
  product = await shop.enterProduct()
  wanted = { owner_id: (await shop.enterUser()).id, product_id: product.id, quantity: 1 }
})

test('an answer that is lost is asked for again with the same key: the order is entered once', async () => {
  toLose = 2
  const placed = await shop.place(wanted)
  expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
  expect(await shop.ordersOf(product)).toEqual([{ id: placed.order_id, ...wanted, status: 'SUCCESS' }])
})

test.each([
  ['is lost again and again', false],
  ['is lost, and then nobody is there', true],
])('an answer that %s: 503, the intent is closed, and what was entered for it is FAILED', async (_what, ends) => {
  toLose = 1_000
  endsAfter = ends ? product : undefined
  expect(await shop.call('POST', services.orchestrator, '/orders', wanted)).toMatchObject({ status: 503 })
  await eventually(async () => expect(await shop.ordersOf(product)).toMatchObject([{ status: 'FAILED' }]))
  const [order] = await shop.ordersOf(product)
  const sagas = await shop.read<Placed[]>(services.orchestrator, '/sagas?limit=100')
  const saga = await shop.ended(sagas.at(-1)!)
  expect(saga).toMatchObject({ status: 'FAILED', current_step: 'INIT' })

  // A call that was on its way all the time finds the order as it is.
  const late = await shop.call('POST', services.order, '/orders', wanted, { 'Idempotency-Key': saga.saga_id })
  expect(late).toMatchObject({ status: 200, body: order })
  expect(await shop.ordersOf(product)).toHaveLength(1)
  expect(await shop.stock(product)).toBe(5)
})

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
