import { SpanStatusCode, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { Registry } from 'prom-client'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { gauges, type MeasuredService, telemetry } from '../../src/adapters/telemetry/index.ts'
import type { Headers } from '../../src/model/message.ts'
import type { Figures } from '../../src/ports/store.ts'
import type { LinkState } from '../../src/ports/transport.ts'

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })

describe('without an OpenTelemetry SDK', () => {
  test('work runs, and nothing is carried', async () => {
    const silent = telemetry({ service: 'order' })
    const headers = await silent.span({ name: 'order.created', parent: {}, attributes: {} }, async () =>
      silent.carrier(),
    )
    expect(headers).toEqual({})
    silent.count('makegood_messages_total', { type: 'order.created', outcome: 'handled' })
  })
})

describe('with one', () => {
  const order = telemetry({ service: 'order' })
  const payment = telemetry({ service: 'payment' })

  beforeEach(() => {
    provider.register()
    exporter.reset()
  })
  afterAll(() => provider.shutdown())

  test('a chain of messages through several services is one trace', async () => {
    const handle = (by: typeof order, name: string, parent: Headers) =>
      by.span({ name, parent, attributes: { saga: 's1' } }, async () => by.carrier())

    const first = await handle(order, 'order.created', {})
    const second = await handle(payment, 'payment.process', first)
    await handle(order, 'payment.process reply', second)

    const [created, process, reply] = exporter.getFinishedSpans()
    expect(first['traceparent']).toContain(created?.spanContext().traceId)
    expect([process, reply].map(span => span?.spanContext().traceId)).toEqual(
      Array(2).fill(created?.spanContext().traceId),
    )
    expect(process?.parentSpanContext?.spanId).toBe(created?.spanContext().spanId)
    expect(reply?.parentSpanContext?.spanId).toBe(process?.spanContext().spanId)
    expect(process?.attributes).toEqual({ 'makegood.service': 'payment', saga: 's1' })
  })

  test('what runs inside a span continues it, as a call does', async () => {
    await order.span({ name: 'outer', parent: {}, attributes: {} }, () =>
      order.span({ name: 'call', parent: {}, attributes: {} }, async () => {}),
    )
    const [call, outer] = exporter.getFinishedSpans()
    expect(call?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId)
  })

  test('a trace that was begun by the application is continued', async () => {
    const headers = await trace.getTracer('shop').startActiveSpan('POST /orders', async span => {
      span.end()
      return order.carrier()
    })
    expect(headers['traceparent']).toContain(exporter.getFinishedSpans()[0]?.spanContext().traceId)
  })

  test('work that throws fails its span, and is thrown on', async () => {
    const failing = order.span({ name: 'broken', parent: {}, attributes: {} }, () =>
      Promise.reject(new Error('out of stock')),
    )
    await expect(failing).rejects.toThrow('out of stock')
    const [span] = exporter.getFinishedSpans()
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'out of stock' })
    expect(span?.events.map(event => event.name)).toEqual(['exception'])
  })
})

describe('metrics', () => {
  test('services of one process share a registry and keep their numbers apart', async () => {
    const registry = new Registry()
    const [order, payment] = ['order', 'payment'].map(service => telemetry({ service, registry }))
    order?.count('makegood_messages_total', { type: 'order.created', outcome: 'handled' })
    payment?.count('makegood_messages_total', { type: 'payment.process', outcome: 'succeeded' }, 2)
    payment?.observe('makegood_batch_size', {}, 7)

    const text = await registry.metrics()
    expect(text).toContain('makegood_messages_total{service="order",type="order.created",outcome="handled"} 1')
    expect(text).toContain('makegood_messages_total{service="payment",type="payment.process",outcome="succeeded"} 2')
    expect(text).toContain('makegood_batch_size_bucket{le="10",service="payment"} 1')
    expect(text).toContain('makegood_batch_size_bucket{le="5",service="payment"} 0')
  })

  const figures: Figures = {
    sagas: { running: 3, stuck: 1 },
    unchangedMs: { running: 2_500, stuck: 60_000 },
    overdueMs: 500,
    parked: 2,
    parkedAgeMs: 250,
    dead: 1,
    outbox: 4,
    outboxAgeMs: 1_500,
  }
  const queries = { condition: async () => ({ now: Date.now() - 4_000 }) }
  const reached = { name: 'order', broker: { state: 'connected' }, waiting: async () => 7 } as const

  test('gauges are read from the databases when they are asked for, once each time', async () => {
    const registry = new Registry()
    let asked = 0
    const order = {
      ...reached,
      queries: {
        ...queries,
        figures: async () => {
          asked += 1
          return figures
        },
      },
    }
    gauges({ registry, services: [order] })
    expect(asked).toBe(0)

    const text = await registry.metrics()
    expect(text).toContain('makegood_sagas{service="order",status="running"} 3')
    expect(text).toContain('makegood_sagas{service="order",status="compensating"} 0')
    expect(text).toContain('makegood_sagas_unchanged_seconds{service="order",status="stuck"} 60')
    expect(text).toContain('makegood_sagas_unchanged_seconds{service="order",status="compensating"} 0')
    expect(text).toContain('makegood_sagas_overdue_seconds{service="order"} 0.5')
    expect(text).toContain('makegood_parked_messages{service="order"} 2')
    expect(text).toContain('makegood_parked_oldest_seconds{service="order"} 0.25')
    expect(text).toContain('makegood_dead_letters{service="order"} 1')
    expect(text).toContain('makegood_outbox_messages{service="order"} 4')
    expect(text).toContain('makegood_outbox_oldest_seconds{service="order"} 1.5')
    expect(asked).toBe(1)
    await registry.metrics()
    expect(asked).toBe(2)
  })

  test('sagas that have ended are not counted', async () => {
    const registry = new Registry()
    gauges({ registry, services: [{ ...reached, queries: { ...queries, figures: async () => figures } }] })
    expect(await registry.metrics()).not.toContain('status="completed"')
  })

  test('a database that does not answer shows that, and no old numbers', async () => {
    const registry = new Registry()
    let away = false
    const figuresOrNot = () => (away ? Promise.reject(new Error('away')) : Promise.resolve(figures))
    gauges({ registry, services: [{ ...reached, queries: { ...queries, figures: figuresOrNot } }] })
    expect(await registry.metrics()).toContain('makegood_database_up{service="order"} 1')

    away = true
    const text = await registry.metrics()
    expect(text).toContain('makegood_database_up{service="order"} 0')
    expect(text).not.toContain('makegood_parked_messages{')
  })

  test('a database that is silent shows that, and all else is shown in time', async () => {
    const registry = new Registry()
    telemetry({ service: 'order', registry }).count('makegood_messages_published_total', {}, 3)
    let asked = 0
    const silent = () => {
      asked += 1
      return new Promise<Figures>(() => {})
    }
    gauges({ registry, services: [{ ...reached, queries: { ...queries, figures: silent } }] })
    for (const _scrape of [1, 2]) {
      vi.useFakeTimers()
      const shown = registry.metrics()
      await vi.advanceTimersByTimeAsync(5_000)
      vi.useRealTimers()
      const text = await shown
      expect(text).toContain('makegood_database_up{service="order"} 0')
      expect(text).toContain('makegood_messages_published_total{service="order"} 3')
    }
    expect(asked).toBe(1)
  })

  test('what waits in the queue is shown, and nothing where that cannot be told', async () => {
    const registry = new Registry()
    let waiting: number | undefined = 7
    const order = { ...reached, queries: { ...queries, figures: async () => figures }, waiting: async () => waiting }
    gauges({ registry, services: [order] })
    expect(await registry.metrics()).toContain('makegood_messages_waiting{service="order"} 7')

    waiting = undefined
    expect(await registry.metrics()).not.toContain('makegood_messages_waiting{')
  })

  test('how far the clock of the process is from that of its database', async () => {
    const registry = new Registry()
    gauges({ registry, services: [{ ...reached, queries: { ...queries, figures: async () => figures } }] })
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      expect(await registry.metrics()).toMatch(/^makegood_clock_skew_seconds\{service="order"\} 4$/m)
    } finally {
      vi.useRealTimers()
    }
  })

  test('a broker that is away, or takes nothing, is not up', async () => {
    const registry = new Registry()
    const order: { broker: LinkState } & MeasuredService = {
      ...reached,
      queries: { ...queries, figures: async () => figures },
    }
    gauges({ registry, services: [order] })
    expect(await registry.metrics()).toContain('makegood_broker_up{service="order"} 1')

    order.broker = { state: 'blocked', because: 'it is short of memory' }
    expect(await registry.metrics()).toContain('makegood_broker_up{service="order"} 0')
  })
})
