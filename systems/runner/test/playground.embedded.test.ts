import type { PlacedOrder, PlaygroundView } from 'makegood-console'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { system as creditChoreography } from '../../credit-choreography/main.ts'
import { documentedOrders } from '../../ecommerce/documented-orders.ts'
import { system as ecommerce } from '../../ecommerce/main.ts'
import type { Order } from '../../ecommerce/orders/order-queries.ts'
import { Shop } from '../../ecommerce/test/shop.ts'
import { services } from '../../ecommerce/wire.ts'
import { system as kafkaOrchestration } from '../../kafka-orchestration/main.ts'
import { system as outboxChoreography } from '../../outbox-choreography/main.ts'
import { system as topicOrchestration } from '../../topic-orchestration/main.ts'
import { Environment } from '../environment.ts'
import { eventually } from './eventually.ts'
import { PlayedSystem } from './played-system.ts'

/** Providers that answer at once. */
const environment = new Environment({ PROVIDER_DELAY_SCALE: '0.1' })

const systems = { ecommerce, creditChoreography, outboxChoreography, topicOrchestration, kafkaOrchestration }

describe.each(Object.values(systems).map(make => make(environment)))('$name', system => {
  let played: PlayedSystem
  beforeAll(async () => {
    played = await PlayedSystem.of(system)
  }, 120_000)
  afterAll(() => played?.stop())

  test.each(system.playground.experiments)(
    'the experiment "$title" ends with every order at its end, and the books come out',
    async ({ name, steps }) => {
      for (const step of steps.keys()) {
        await played.play('/steps', { experiment: name, step })
        await atRest(played)
      }
      const { placed, services } = await atRest(played)
      expect(services.map(({ state, waiting }) => [state, waiting])).toEqual(services.map(() => ['on', 0]))
      expect(placed.map(({ saga }) => saga?.status)).toEqual(placed.map(() => expect.stringMatching(/^comp.*ed$/)))
      await booksComeOut(played)
    },
    120_000,
  )

  test('while a service is away, what is sent to it is counted, and orders say that they wait for it', async () => {
    const { experiment, stopped } = awayIn(system.playground)
    await played.play('/steps', { experiment: experiment.name, step: 0 })
    const { services, placed } = await atRest(played)
    const own = placed.filter(({ isOver }) => !isOver)
    expect(own.length).toBeGreaterThan(1)
    expect(own.map(({ waitsFor }) => waitsFor)).toEqual(own.map(() => [stopped]))
    const { state, waiting } = services.find(({ name }) => name === stopped)!
    expect(state).toBe('off')
    expect(waiting).toBeGreaterThanOrEqual(own.length)
    await played.play(`/services/${stopped}/start`, {})
    const { placed: after } = await atRest(played)
    expect(after.every(({ isOver }) => isOver)).toBe(true)
    await booksComeOut(played)
  }, 120_000)
})

describe('the shop', () => {
  let played: PlayedSystem
  let shop: Shop
  beforeAll(async () => {
    played = await PlayedSystem.of(ecommerce(environment))
    shop = new Shop({ urlOf: played.running.urlOf, turn: async () => {}, stop: async () => {} })
  }, 120_000)
  afterAll(() => played?.stop())

  test.each(documentedOrders)('places as documented: $title', async ({ name, saga }) => {
    await played.play('/orders', { order: name, asDocumented: true })
    const { placed } = await atRest(played)
    expect(placed[0]).toMatchObject({ isOver: true, saga: { status: saga } })
    await booksComeOut(played)
  })

  test('a service that is stopped in the middle of orders and started again costs nobody money or stock', async () => {
    await played.play('/orders', { order: 'two-laptops', asDocumented: true })
    const before = await shop.product(1)
    await played.play('/orders', { order: 'two-laptops', times: 12 })
    await played.play(`/services/${services.inventory}/stop`, {})
    await played.play('/switches', { shippingFailureRate: 0.5 })
    await played.play(`/services/${services.inventory}/start`, {})
    const { placed } = await atRest(played)
    const own = placed.slice(0, 12)

    const orders = await Promise.all(own.map(({ saga }) => orderOf(saga!.id)))
    const completed = orders.filter(({ status }) => status === 'completed')
    expect(completed.length + orders.filter(({ status }) => status === 'cancelled').length).toBe(12)
    for (const { id, status } of orders) expect(await shop.netCharge(id)).toBe(status === 'completed' ? 2599.98 : 0)
    const { reserved_stock: reserved } = await shop.product(1)
    expect(reserved - before.reserved_stock).toBe(2 * completed.length + 2)
  })

  /** As the order service has it once it was told how it ended. */
  function orderOf(sagaId: string): Promise<Order> {
    return eventually(async () => {
      const { queries } = played.running.service(services.orchestrator)
      const order = await shop.order((await queries.saga(sagaId))!.key)
      expect(order.status).toMatch(/completed|cancelled/)
      return order
    })
  }

  test('the console outlives the service whose port it is at', async () => {
    const stopped = await played.play(`/services/${services.orders}/stop`, {})
    expect(stopped.services[0]).toMatchObject({ name: services.orders, state: 'off' })
    expect((await shop.call('GET', services.orders, '/api/v1/health')).status).toBe(503)
    const { placed } = await played.play('/orders', { order: 'two-laptops' })
    expect(placed[0]).toMatchObject({ answer: 'order-service is stopped at present.', saga: null, isOver: true })
    await played.play(`/services/${services.orders}/start`, {})
    expect((await shop.call('GET', services.orders, '/api/v1/health')).status).toBe(200)
  })

  test.each([
    ['an order that is not offered', '/orders', { order: 'gold' }, 404, 'There is no order gold.'],
    ['more than fifty', '/orders', { order: 'two-laptops', times: 51 }, 400, 'times'],
    ['a switch that there is not', '/switches', { moon: 1 }, 404, 'There is no switch moon.'],
    ['a switch too far', '/switches', { paymentFailureRate: 2 }, 404, 'goes from 0 to 1'],
    ['a service that there is not', '/services/moon/stop', {}, 404, 'There is no service moon.'],
    ['a step that there is not', '/steps', { experiment: 'away', step: 9 }, 404, 'There is no step 9'],
  ])('%s is refused, with the reason', async (_what, path, body, status, says) => {
    const response = await played.ask(path, body)
    expect(response.status).toBe(status)
    expect(await response.text()).toContain(says)
  })

  test('a page of another site cannot play', async () => {
    expect((await played.ask('/orders', { order: 'two-laptops' }, {})).status).toBe(403)
    const elsewhere = { 'x-makegood-console': '1', origin: 'https://elsewhere.example' }
    expect((await played.ask('/orders', { order: 'two-laptops' }, elsewhere)).status).toBe(403)
  })
})

test('where only some services of a system run there is the console, and no playground', async () => {
  const played = await PlayedSystem.of(ecommerce(environment), { services: [services.payments, services.inventory] })
  try {
    const session = await fetch(`${played.url}api/session`, { headers: { 'x-makegood-console': '1' } })
    expect(await session.json()).toMatchObject({ hasPlayground: false })
    expect((await played.ask('')).status).toBe(404)
  } finally {
    await played.stop()
  }
})

/** Each order has ended, or waits for a service that is off. */
function atRest(played: PlayedSystem): Promise<PlaygroundView> {
  return eventually(async () => {
    const view = await played.play()
    expect(view.placed.filter(isMoving)).toEqual([])
    return view
  })
}

function isMoving({ isOver, waitsFor }: PlacedOrder): boolean {
  return !isOver && waitsFor.length === 0
}

async function booksComeOut(played: PlayedSystem): Promise<void> {
  await eventually(async () => {
    const { books } = await played.play()
    expect(books.length).toBeGreaterThan(0)
    expect(books.filter(({ wrong }) => wrong.length > 0)).toEqual([])
  })
}

function awayIn({ experiments }: ReturnType<typeof ecommerce>['playground']) {
  const experiment = experiments.find(({ name }) => name === 'away')!
  const action = experiment.steps[0]!.actions.find(({ kind }) => kind === 'stop')!
  return { experiment, stopped: 'service' in action ? action.service : '' }
}
