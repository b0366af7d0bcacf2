import { Counter, Histogram, type Registry } from 'prom-client'
import type { CounterName, HistogramName, Telemetry } from '../../ports/telemetry.ts'

/** Counts and observes for one service. A registry that other services use already has its metrics, and is shared. */
export function measurements(registry: Registry, service: string): Pick<Telemetry, 'count' | 'observe'> {
  const counter = (name: CounterName) =>
    (registry.getSingleMetric(name) as Counter | undefined) ??
    new Counter({
      name,
      help: counters[name].help,
      labelNames: ['service', ...counters[name].labels],
      registers: [registry],
    })
  const histogram = (name: HistogramName) =>
    (registry.getSingleMetric(name) as Histogram | undefined) ??
    new Histogram({
      name,
      help: histograms[name].help,
      labelNames: ['service', ...histograms[name].labels],
      buckets: [...histograms[name].buckets],
      registers: [registry],
    })

  const counting = everyOne(counters, counter)
  const observing = everyOne(histograms, histogram)
  // What appears with its first count has not increased yet, for whoever asks by how much it has.
  for (const [name, { labels }] of Object.entries(counters)) {
    if (labels.length === 0) counting[name as CounterName].inc({ service }, 0)
  }
  return {
    count: (name, labels, by = 1) => counting[name].inc({ service, ...labels }, by),
    observe: (name, labels, value) => observing[name].observe({ service, ...labels }, value),
  }
}

interface Metric {
  readonly help: string
  readonly labels: readonly string[]
}

const counters: { readonly [Name in CounterName]: Metric } = {
  makegood_messages_total: { help: 'Messages handled, by what became of them.', labels: ['type', 'outcome'] },
  makegood_messages_parked_total: { help: 'Times that a message was parked after an error.', labels: ['type'] },
  makegood_messages_dead_total: { help: 'Messages that became dead letters.', labels: ['type', 'reason'] },
  makegood_messages_published_total: { help: 'Messages that the broker confirmed.', labels: [] },
  makegood_messages_undeliverable_total: { help: 'Times that nobody took a message somebody has to take.', labels: [] },
  makegood_messages_unconfirmed_total: { help: 'Times that the broker did not confirm what was sent.', labels: [] },
  makegood_sagas_ended_total: { help: 'Sagas that ended, or got stuck.', labels: ['definition', 'status'] },
  makegood_batches_retried_total: { help: 'Batches that did not commit and were handled again.', labels: ['reason'] },
  makegood_loop_failures_total: {
    help: 'Times that a loop of the service could not do its work, for want of the database mostly.',
    labels: ['loop'],
  },
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const histograms: { readonly [Name in HistogramName]: Metric & { readonly buckets: readonly number[] } } = {
  makegood_saga_seconds: {
    help: 'From the start of a saga to its end.',
    labels: ['definition', 'status'],
    buckets: [...seconds, 30, 60, 300, 1_800, 3_600, 86_400],
  },
  makegood_batch_size: { help: 'Messages in one transaction.', labels: [], buckets: [1, 2, 5, 10, 20, 30, 40, 50, 60] },
  makegood_batch_seconds: { help: 'How long one transaction of messages took.', labels: [], buckets: seconds },
  makegood_call_seconds: { help: 'How long an outside call took.', labels: ['type'], buckets: [...seconds, 30, 60] },
}

function everyOne<Name extends string, Made>(
  described: { readonly [Each in Name]: Metric },
  make: (name: Name) => Made,
): { readonly [Each in Name]: Made } {
  return Object.fromEntries(Object.keys(described).map(name => [name, make(name as Name)])) as { [Each in Name]: Made }
}
