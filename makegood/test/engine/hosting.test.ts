import { expect, test } from 'vitest'
import { z } from 'zod'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { pglite } from '../../src/adapters/pglite/index.ts'
import {
  choreography,
  cloudEventsWire,
  command,
  event,
  handlersFor,
  type PgClient,
  type Saga,
  saga,
  service,
  type Wire,
} from '../../src/makegood.ts'

const created = event('orders.created', { payload: z.object({ orderId: z.string() }) })
const reserved = event('stock.reserved', { payload: z.object({ orderId: z.string() }) })
const ordering = choreography('ordering', {
  starts: created,
  leads: [{ from: created, in: 'stock', to: [reserved] }],
  ends: { completed: [reserved] },
})
const { on } = handlersFor<PgClient>()
const react = on(created, async () => {})

test('a service that a choreography has react to an event, and that does not, is refused by name', () => {
  const stock = () => service('stock', { store: pglite(), transport: embedded(), hosts: [ordering] })
  expect(stock).toThrow(
    expect.objectContaining({
      code: 'HOSTS_INVALID',
      message: expect.stringMatching(/ordering .* stock .* orders\.created/),
    }),
  )
})

test('one that does is not, nor one that the choreography does not name', () => {
  expect(service('stock', { store: pglite(), transport: embedded(), hosts: [ordering, react] }).name).toBe('stock')
  expect(service('audit', { store: pglite(), transport: embedded(), hosts: [ordering] }).name).toBe('audit')
})

test('a saga whose step could not be undone in doubt is refused on a wire on which nobody can be asked (rule 8)', () => {
  const Order = z.object({ orderId: z.string() })
  const reserve = command('stock.reserve', { payload: Order })
  const release = command('stock.release', { payload: Order })
  const payload = ({ orderId }: { readonly orderId: string }) => ({ orderId })
  const begun = saga('checkout', { version: 1, data: Order })
  const silent = begun.compensatable('stock', reserve, { payload, compensation: { command: release, payload } }).ends()
  const told = begun
    .compensatable('stock', reserve, { payload, compensation: { command: release, payload, inDoubt: payload } })
    .ends()
  const hosting = (hosted: Saga) => {
    const wire: Wire = { ...cloudEventsWire({ services: [{ name: 'orders', hosts: [hosted] }] }), canClose: false }
    return service('orders', { store: pglite(), transport: embedded(), wire, hosts: [hosted] })
  }
  expect(() => hosting(silent)).toThrow(
    expect.objectContaining({ code: 'HOSTS_INVALID', message: expect.stringMatching(/checkout 1 .* step stock /) }),
  )
  expect(hosting(told).name).toBe('orders')
})
