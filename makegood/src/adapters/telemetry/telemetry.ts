import type { Tracer } from '@opentelemetry/api'
import type { Registry } from 'prom-client'
import { noTelemetry, type Telemetry } from '../../ports/telemetry.ts'
import { measurements } from './prometheus.ts'
import { traces } from './traces.ts'

export interface TelemetryOptions {
  /** The service that is measured: the label `service` of all that it counts. */
  readonly service: string
  /** Where counters and histograms go; services of one process may share it. @defaultValue none, and nothing is counted */
  readonly registry?: Registry
  /** Makes the spans. @defaultValue the one of the OpenTelemetry SDK that the process has registered, if any */
  readonly tracer?: Tracer
}

/**
 * Counters and histograms for Prometheus, spans for OpenTelemetry; one trace follows a saga through all its services,
 * because its context travels in the headers of the messages.
 *
 * @example
 * const registry = new Registry()
 * const payments = service('payment', { …, telemetry: telemetry({ service: 'payment', registry }) })
 * gauges({ registry, services: [payments] })
 */
export function telemetry({ service, registry, tracer }: TelemetryOptions): Telemetry {
  return { ...(registry === undefined ? noTelemetry : measurements(registry, service)), ...traces(service, tracer) }
}
