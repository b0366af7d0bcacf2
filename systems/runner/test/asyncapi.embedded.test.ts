import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Parser } from '@asyncapi/parser'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import type { Wire } from 'makegood'
import type { AsyncApiDocument } from 'makegood/operations'
import { afterEach, describe, expect, test } from 'vitest'
import { documentOf } from '../asyncapi.ts'
import { Environment } from '../environment.ts'
import type { StartableSystem } from '../system.ts'
import { EmbeddedServices } from './embedded-services.ts'
import { eventually } from './eventually.ts'
import { HttpShop } from './http-shop.ts'
import { endAll, started } from './started.ts'
import { embeddedStranger, type Heard } from './stranger.ts'

const environment = new Environment({
  ...{ PAYMENT_FAILURE_RATE: '0', SHIPPING_FAILURE_RATE: '0', NOTIFICATION_FAILURE_RATE: '0' },
  PROVIDER_DELAY_SCALE: '0',
})

const systems: { readonly [name: string]: Documented } = {
  ecommerce: {
    load: async () => (await import('../../ecommerce/main.ts')).system(environment),
    wire: async () => (await import('../../ecommerce/wire.ts')).documentedWire('saga.events'),
    orders: ['order-service', '/api/v1/orders', [laptops(2), laptops(1_000)]],
    hears: ['saga.saga-orchestrator.order.completed', 'saga.saga-orchestrator.order.cancelled'],
  },
  'credit-choreography': {
    load: async () => (await import('../../credit-choreography/main.ts')).system(environment),
    wire: async () => (await import('../../credit-choreography/wire.ts')).documentedWire,
    orders: ['order-service', '/orders/', [credit(50), credit(150)]],
    hears: ['order.created', 'order.fulfilled', 'order.rejected'],
  },
  'outbox-choreography': {
    load: async () => (await import('../../outbox-choreography/main.ts')).system(environment),
    wire: async () => (await import('../../outbox-choreography/wire.ts')).documentedWire,
    orders: ['order', '/api/v1/orders/', [outbox('1', 1), outbox('1', 11), outbox('1500', 2)]],
    hears: ['order.v1', 'order.v1', 'order.v1', 'order.v1', 'order.v1', 'order.v1'],
  },
  'topic-orchestration': {
    load: async () => (await import('../../topic-orchestration/main.ts')).system(environment),
    wire: async () => (await import('../../topic-orchestration/wire.ts')).documentedWire,
    before: async shop => {
      await shop.call('POST', 'user', '/users', { name: 'Ada', balance: 100 })
      await shop.call('POST', 'product', '/products', { name: 'Pen', price: 10, stock: 5 })
    },
    orders: ['orchestrator', '/orders', [topic(2), topic(6)]],
    hears: [
      'saga.{sagaId}.event.order.update_status.success',
      'saga.{sagaId}.event.product.check_stock.failed',
      'saga.{sagaId}.event.order.update_status.success',
    ],
  },
  'kafka-orchestration': {
    load: async () => (await import('../../kafka-orchestration/main.ts')).system(environment),
    wire: async () => (await import('../../kafka-orchestration/wire.ts')).documentedWire,
    orders: ['order-service', '/api/v1/orders', [1, 2, 3].map(() => ({ userID: 1, productID: 3 }))],
    hears: ['product-reservation-cancelled', 'order-updated', 'order-updated', 'order-updated'],
  },
}

interface Documented {
  readonly load: () => Promise<StartableSystem>
  readonly wire: () => Promise<Wire>
  readonly before?: (shop: HttpShop<EmbeddedServices>) => Promise<unknown>
  /** The service, the path, and the orders to place there. */
  readonly orders: readonly [service: string, path: string, orders: readonly object[]]
  /** What is heard when they have all ended: these addresses, each so often. */
  readonly hears: readonly string[]
}

afterEach(endAll)

describe.each(Object.entries(systems))('the document of %s', (_name, { load, wire, before, orders, hears }) => {
  test('has no faults, and is the same twice', async () => {
    const document = await documentOf(await load())
    const { diagnostics } = await new Parser().parse(JSON.stringify(document))
    expect(diagnostics.filter(({ severity }) => severity < 2)).toEqual([])
    expect(await documentOf(await load())).toEqual(document)
  })

  test('has every address that a queue is bound to, and no other', async () => {
    const { channels } = await documentOf(await load())
    const { queues } = (await wire()).topology
    const bound = queues.flatMap(({ bindings }) => bindings)
    const addresses = Object.values(channels).map(({ address }) => address)
    expect(bound.filter(binding => !addresses.some(address => isBound(binding, address)))).toEqual([])
    const own = queues.map(({ name }) => name)
    const known = (address: string) => own.includes(address) || bound.some(binding => isBound(binding, address))
    expect(addresses.filter(address => !known(address))).toEqual([])
  })

  test('allows every message that its services really send', async () => {
    const system = await load()
    const document = await documentOf(system)
    const running = await EmbeddedServices.of(system)
    const stranger = embeddedStranger(running.transport, (await wire()).topology)
    try {
      await running.startEach(system.services.flatMap(spec => ('adminPort' in spec ? [] : [spec.name])))
      const shop = new HttpShop(running)
      await before?.(shop)
      const [service, path, placed] = orders
      for (const order of placed) {
        const { status } = await shop.call('POST', service, path, order)
        expect(status).toBeLessThan(300)
      }
      await eventually(() => {
        const heard = stranger.heard.map(({ routingKey }) => channelOf(document, routingKey)?.[1].address)
        expect(missing(hears, heard)).toEqual([])
      })
      const faultsOf = checked(document)
      expect(stranger.heard.flatMap(faultsOf)).toEqual([])
    } finally {
      await stranger.close()
      await running.stop()
    }
  })
})

test('printing it opens nothing: servers are away, ports are taken, and no folder is made', async () => {
  const taken = createServer()
  // If somebody else has it, it is taken as well.
  await new Promise<unknown>(resolve => taken.once('error', resolve).listen(8001, '127.0.0.1', () => resolve(true)))
  const data = join(tmpdir(), `asyncapi-${process.pid}`)
  const nowhere = { DB_PORT: '9', RABBITMQ_PORT: '9' }
  const { code, out, err } = await started(['ecommerce', '--asyncapi', '--data', data], nowhere).ended
  taken.close()
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(JSON.parse(out)).toMatchObject({ asyncapi: '3.0.0', info: { title: 'ecommerce' } })
  expect(existsSync(data)).toBe(false)
})

function laptops(quantity: number) {
  return {
    customer_id: '123e4567-e89b-12d3-a456-426614174000',
    items: [{ product_id: '550e8400-e29b-41d4-a716-446655440001', quantity, price: 1299.99 }],
    shipping_address: { street: '123 Main St', city: 'New York', state: 'NY', zip_code: '10001', country: 'USA' },
  }
}

function credit(total_price: number) {
  return { customer_id: 1, product_id: 1, status: 'pending', quantity: 1, total_price }
}

function outbox(amount: string, quantity: number) {
  return { customer_id: '1', product_id: '1', amount, quantity }
}

function topic(quantity: number) {
  return { product_id: 1, owner_id: 1, quantity }
}

function isBound(binding: string, address: string): boolean {
  const words = binding.split('.').map(word => (word === '*' ? '[^.]+' : word))
  return new RegExp(`^${words.join('\\.')}$`).test(address)
}

/** Which of these are not there, each as often as it is named. */
function missing(wanted: readonly string[], there: readonly unknown[]): string[] {
  const left = [...there]
  return wanted.filter(each => {
    const at = left.indexOf(each)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function channelOf({ channels }: AsyncApiDocument, routingKey: string) {
  return Object.entries(channels).find(([, { address }]) => isBound(address.replaceAll(/\{\w+\}/g, '*'), routingKey))
}

/** Says why none of the messages of its channel allows a message, if none does. */
function checked(document: AsyncApiDocument): (message: Heard) => unknown[] {
  const ajv = addFormats.default(new Ajv({ strict: false })).addSchema(document, 'document')
  return ({ routingKey, headers, body }) => {
    const channel = channelOf(document, routingKey)
    if (channel === undefined) return [`${routingKey} is the address of no channel`]
    const [key, { messages }] = channel
    const faultsOf = (name: string, part: 'headers' | 'payload', value: unknown) =>
      messages[name]?.[part] === undefined ||
      ajv.validate({ $ref: `document#/channels/${key}/messages/${name}/${part}` }, value)
        ? []
        : [{ name, errors: ajv.errorsText() }]
    const faults = Object.keys(messages).map(name => [
      ...faultsOf(name, 'headers', headers),
      ...faultsOf(name, 'payload', JSON.parse(body)),
    ])
    return faults.some(({ length }) => length === 0) ? [] : faults.flat()
  }
}
