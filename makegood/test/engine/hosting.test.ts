import { expect, test } from 'vitest'
import { z } from 'zod'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { pglite } from '../../src/adapters/pglite/index.ts'
import { choreography, event, handlersFor, type PgClient, service } from '../../src/makegood.ts'

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
