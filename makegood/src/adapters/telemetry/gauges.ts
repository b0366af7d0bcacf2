import { Gauge, type Registry } from 'prom-client'
import type { SagaStatus } from '../../model/saga-state.ts'
import type { Figures } from '../../ports/store.ts'
import type { LinkState } from '../../ports/transport.ts'
import { inTime } from '../in-time.ts'

export interface GaugeOptions {
  readonly registry: Registry
  readonly services: readonly MeasuredService[]
}

/** A service as far as gauges need it. */
export interface MeasuredService {
  readonly name: string
  readonly queries: { figures(): Promise<Figures>; condition(): Promise<{ readonly now: number }> }
  /** Of this process's link. */
  readonly broker: LinkState
  /** How many messages of its queue no process has taken, if that can be told. */
  waiting(): Promise<number | undefined>
}

/**
 * Shows what stands in the services' databases, read when it is asked for: processes of one service show the same
 * numbers, so take their maximum and not their sum. A database that does not answer in time shows nothing but that.
 */
export function gauges({ registry, services }: GaugeOptions): void {
  const readers = services.map(readerOf)
  const readings = once(() => Promise.all(readers.map(read => read())))

  for (const { name, help, labels = [], show } of shown) {
    new Gauge({
      name,
      help,
      labelNames: ['service', ...labels],
      registers: [registry],
      async collect() {
        const read = await readings()
        this.reset()
        for (const reading of read) {
          for (const [labels, value] of show(reading)) this.set({ service: reading.service, ...labels }, value)
        }
      },
    })
  }
}

interface Shown {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  /** Labels and values; none where nothing is known. */
  readonly show: (reading: Reading) => readonly Value[]
}

/** What has ended is not counted: that grows for months. */
const statuses: readonly SagaStatus[] = ['running', 'compensating', 'stuck']

type Value = readonly [labels: Record<string, string>, value: number]

const shown: readonly Shown[] = [
  {
    name: 'makegood_database_up',
    help: 'Whether the database of the service answers.',
    show: ({ figures }) => [[{}, figures === undefined ? 0 : 1]],
  },
  {
    name: 'makegood_broker_up',
    help: 'Whether this process is connected to the broker, and the broker takes what is sent.',
    show: ({ broker }) => [[{}, broker.state === 'connected' ? 1 : 0]],
  },
  {
    name: 'makegood_messages_waiting',
    help: 'Messages of the queue of the service that no process has taken.',
    show: ({ waiting }) => (waiting === undefined ? [] : [[{}, waiting]]),
  },
  {
    name: 'makegood_clock_skew_seconds',
    help: 'The clock of this process less that of its database.',
    show: ({ clockSkewMs }) => (clockSkewMs === undefined ? [] : [[{}, seconds(clockSkewMs)]]),
  },
  {
    name: 'makegood_sagas',
    help: 'Sagas that have not ended, by status.',
    labels: ['status'],
    show: ofFigures(({ sagas }) => statuses.map(status => [{ status }, sagas[status] ?? 0])),
  },
  {
    name: 'makegood_sagas_unchanged_seconds',
    help: 'For how long the saga of this status that has not changed for longest has not.',
    labels: ['status'],
    show: ofFigures(({ unchangedMs }) => statuses.map(status => [{ status }, seconds(unchangedMs[status] ?? 0)])),
  },
  {
    name: 'makegood_sagas_overdue_seconds',
    help: 'How long ago a saga was to be looked at and was not: the longest of all.',
    show: one(({ overdueMs }) => seconds(overdueMs)),
  },
  {
    name: 'makegood_parked_messages',
    help: 'Messages that wait for their next attempt.',
    show: one(({ parked }) => parked),
  },
  {
    name: 'makegood_parked_oldest_seconds',
    help: 'Age of the oldest message that waits for its next attempt.',
    show: one(({ parkedAgeMs }) => seconds(parkedAgeMs)),
  },
  { name: 'makegood_dead_letters', help: 'Messages that wait for an operator.', show: one(({ dead }) => dead) },
  {
    name: 'makegood_outbox_messages',
    help: 'Messages that are not confirmed yet.',
    show: one(({ outbox }) => outbox),
  },
  {
    name: 'makegood_outbox_oldest_seconds',
    help: 'Age of the oldest message that is not confirmed yet.',
    show: one(({ outboxAgeMs }) => seconds(outboxAgeMs)),
  },
]

function one(figure: (figures: Figures) => number): Shown['show'] {
  return ofFigures(figures => [[{}, figure(figures)]])
}

function ofFigures(values: (figures: Figures) => readonly Value[]): Shown['show'] {
  return ({ figures }) => (figures === undefined ? [] : values(figures))
}

function seconds(ms: number): number {
  return ms / 1_000
}

/** What is known of a service now; no figures while its database does not answer. */
interface Reading {
  readonly service: string
  readonly figures: Figures | undefined
  readonly clockSkewMs: number | undefined
  readonly broker: LinkState
  readonly waiting: number | undefined
}

/** Shorter than the patience of whoever collects, 10 s by Prometheus' default: counters are shown all the same. */
const answerMsMax = 5_000

function readerOf(service: MeasuredService): () => Promise<Reading> {
  const count = once(async () => service.queries.figures())
  const compareClocks = once(async () => {
    const asked = Date.now()
    const { now } = await service.queries.condition()
    return (asked + Date.now()) / 2 - now
  })
  return async () => {
    const [figures, clockSkewMs, waiting] = await Promise.all([
      inTime(answerMsMax, count()),
      inTime(answerMsMax, compareClocks()),
      service.waiting(),
    ])
    return { service: service.name, figures, clockSkewMs, broker: service.broker, waiting }
  }
}

/** What is under way serves all who ask: all gauges are collected at once, and a slow database is not asked twice. */
function once<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let underWay: Promise<Result> | undefined
  return () => {
    underWay ??= read().finally(() => {
      underWay = undefined
    })
    return underWay
  }
}
