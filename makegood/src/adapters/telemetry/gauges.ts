import { Gauge, type Registry } from 'prom-client'
import type { SagaStatus } from '../../model/saga-state.ts'
import type { Figures } from '../../ports/store.ts'

export interface GaugeOptions {
  readonly registry: Registry
  readonly services: readonly MeasuredService[]
}

/** A service as far as gauges need it. */
export interface MeasuredService {
  readonly name: string
  readonly queries: { figures(): Promise<Figures> }
}

/**
 * Shows what stands in the services' databases, read when it is asked for: processes of one service show the same
 * numbers, so take their maximum and not their sum. A database that does not answer shows nothing but that.
 */
export function gauges({ registry, services }: GaugeOptions): void {
  const readings = once(() => Promise.all(services.map(readingOf)))

  for (const { name, help, labels = [], show } of shown) {
    new Gauge({
      name,
      help,
      labelNames: ['service', ...labels],
      registers: [registry],
      async collect() {
        const read = await readings()
        this.reset()
        for (const { service, figures } of read) {
          for (const [labels, value] of show(figures)) this.set({ service, ...labels }, value)
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
  readonly show: (figures: Figures | undefined) => readonly (readonly [Record<string, string>, number])[]
}

const statuses: readonly SagaStatus[] = ['running', 'compensating', 'completed', 'compensated', 'stuck', 'abandoned']

const shown: readonly Shown[] = [
  {
    name: 'makegood_database_up',
    help: 'Whether the database of the service answers.',
    show: figures => [[{}, figures === undefined ? 0 : 1]],
  },
  {
    name: 'makegood_sagas',
    help: 'Sagas by status.',
    labels: ['status'],
    show: figures => (figures === undefined ? [] : statuses.map(status => [{ status }, figures.sagas[status] ?? 0])),
  },
  { name: 'makegood_parked_messages', help: 'Messages that wait for their next attempt.', show: one('parked') },
  { name: 'makegood_dead_letters', help: 'Messages that wait for an operator.', show: one('dead') },
  { name: 'makegood_outbox_messages', help: 'Messages that are not confirmed yet.', show: one('outbox') },
  {
    name: 'makegood_outbox_oldest_seconds',
    help: 'Age of the oldest message that is not confirmed yet.',
    show: figures => (figures === undefined ? [] : [[{}, figures.outboxAgeMs / 1_000]]),
  },
]

function one(figure: 'parked' | 'dead' | 'outbox'): Shown['show'] {
  return figures => (figures === undefined ? [] : [[{}, figures[figure]]])
}

interface Reading {
  readonly service: string
  readonly figures: Figures | undefined
}

async function readingOf({ name, queries }: MeasuredService): Promise<Reading> {
  return { service: name, figures: await queries.figures().catch(() => undefined) }
}

/** All gauges are collected at the same time: one reading serves them all, and a slow database is not asked twice. */
function once<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let underWay: Promise<Result> | undefined
  return () => {
    underWay ??= read().finally(() => {
      underWay = undefined
    })
    return underWay
  }
}
