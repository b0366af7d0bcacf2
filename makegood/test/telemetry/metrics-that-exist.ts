import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { gauges, telemetry } from '../../src/adapters/telemetry/index.ts'

export interface ExistingMetric {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
}

/** Every metric of makegood, as a service registers it. */
export async function metricsThatExist(): Promise<ReadonlyMap<string, ExistingMetric>> {
  const registry = new Registry()
  telemetry({ service: 'any', registry })
  gauges({ registry, services: [] })
  const typeOf = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]))
  return new Map(
    registry.getMetricsAsArray().map(metric => {
      const { name, labelNames } = metric as unknown as { readonly name: string; readonly labelNames: string[] }
      return [name, { type: typeOf.get(name) as ExistingMetric['type'], labels: labelNames }]
    }),
  )
}

/** What the port says of the labels of a counter or histogram: their names, and their values where they are few. */
export function labelsOfPort(): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  const port = readFileSync(new URL('../../src/ports/telemetry.ts', import.meta.url), 'utf8')
  const described = [...port.matchAll(/\/\*\* Labels: (.*?)\. ?.*?\*\/\n {2}\| '(\w+)'/g)]
  return new Map(
    described.map(([, labels = '', name = '']) => [
      name,
      new Map(
        [...labels.matchAll(/`(\w+)`(?: \((.*?)\))?/g)].map(([, label = '', values = '']) => [
          label,
          [...values.matchAll(/`(\w+)`/g)].map(([, value = '']) => value),
        ]),
      ),
    ]),
  )
}
