import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { labelsOfPort, metricsThatExist } from './metrics-that-exist.ts'
import { read, type Selector } from './promql.ts'

const deployed = new URL('../../../deploy/observability/', import.meta.url)
const textOf = (name: string) => readFileSync(new URL(name, deployed), 'utf8')

const metrics = await metricsThatExist()
const port = labelsOfPort()
const alerts = (
  parse(textOf('alerts.yaml')) as { readonly groups: readonly { readonly rules: readonly Alert[] }[] }
).groups.flatMap(({ rules }) => rules)
const board = JSON.parse(textOf('board.json')) as Board
const panels = board.panels.filter(({ type }) => type !== 'row')

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook_url: string }
}

interface Board {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
}

test('the port and what is registered name the same labels', () => {
  const registered = [...metrics].filter(([, { type }]) => type !== 'gauge')
  expect([...port.keys()].sort()).toEqual(registered.map(([name]) => name).sort())
  for (const [name, { labels }] of registered) expect(labels).toEqual(['service', ...port.get(name)!.keys()])
})

test('the page of operations has every metric with its labels, and no others', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/operations.md', import.meta.url)), 'utf8')
  const rows = [...page.matchAll(/^\| ((?:`makegood_\w+`(?:, )?)+) \|([^|]*)\|/gm)]
  const words = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, word = '']) => word)
  const told = rows.flatMap(([, names = '', labels = '']) => words(names).map(name => [name, words(labels)] as const))
  expect(new Map(told)).toEqual(
    new Map([...metrics].map(([name, { labels }]) => [name, labels.filter(label => label !== 'service')])),
  )
})

describe.each(alerts)('the alert $alert', ({ expr, labels, annotations, for: patience }) => {
  test('asks for metrics and labels that exist', () => {
    expect(faultsIn(expr)).toEqual([])
  })

  test('says in a sentence what the matter is, how urgent, and where to read on', () => {
    const { summary, runbook_url: runbook } = annotations
    expect(labels.severity).toMatch(/^(critical|warning)$/)
    expect(summary).toMatch(/^[A-Z'{].*\.$/)
    expect(runbook).toMatch(/^docs\/runbooks\/[a-z-]+\.md$/)
    const named = [...summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label)
    expect(read(expr).grouping).toEqual(expect.arrayContaining(named))
    if (patience !== undefined) expect(patience).toMatch(/^\d+m$/)
  })
})

test('alerts have names of their own', () => {
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length)
})

test('what promtool is to test are alerts that exist', () => {
  const tested = [...textOf('alerts.test.yaml').matchAll(/alertname: (\w+)/g)].map(([, name]) => name)
  expect(tested).not.toEqual([])
  expect(alerts.map(({ alert }) => alert)).toEqual(expect.arrayContaining(tested))
})

test('every threshold has its reason', () => {
  const lines = textOf('alerts.yaml').split('\n')
  const before = lines.filter((_line, at) => lines[at + 1]?.includes('- alert:'))
  expect(before.filter(line => !line.trim().startsWith('#'))).toEqual([])
})

describe.each(panels)('the panel "$title"', ({ targets, description }) => {
  test('asks for metrics and labels that exist', () => {
    expect(targets.flatMap(({ expr }) => faultsIn(expr))).toEqual([])
  })

  test('names its lines by labels that are left', () => {
    for (const { expr, legendFormat } of targets) {
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label)
      expect(read(inGrafana(expr)).grouping).toEqual(expect.arrayContaining(named))
    }
  })

  test('can be narrowed to a service, and says what it shows', () => {
    expect(description).toMatch(/\.$/)
    for (const { expr } of targets) {
      const services = read(inGrafana(expr)).selectors.map(({ matchers }) =>
        matchers.some(({ label, values }) => label === 'service' && values.includes('$service')),
      )
      expect(services).not.toContain(false)
    }
  })
})

test('the board shows every metric', () => {
  const shown = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => read(inGrafana(expr)).selectors.map(({ metric }) => nameOf(metric))),
  )
  expect([...metrics.keys()].filter(name => !shown.includes(name))).toEqual([])
})

test('the board lists services by a metric that exists, and has what its expressions name', () => {
  const { list } = board.templating
  expect(list.map(({ name }) => name)).toEqual(['datasource', 'service'])
  const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(list[1]?.definition ?? '') ?? []
  expect(metrics.get(metric)?.labels).toContain(label)
})

test('panels have a place and a number of their own', () => {
  expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length)
  const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(board.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
})

describe('the check finds what is planted', () => {
  test.each([
    ['sum by (service) (makegood_stuck_sagas)', 'there is no makegood_stuck_sagas'],
    ['makegood_sagas{state="stuck"}', 'makegood_sagas has no label state'],
    ['makegood_messages_total{outcome="lost"}', 'makegood_messages_total is never of outcome lost'],
    ['sum by (type) (makegood_dead_letters)', 'nothing in it has the label type'],
    ['makegood_messages_published_total', 'makegood_messages_published_total counts up: take its rate or increase'],
    ['rate(makegood_dead_letters[5m])', 'makegood_dead_letters goes up and down: it has no rate'],
    ['rate(makegood_batch_seconds[5m])', 'there is no makegood_batch_seconds alone, but its _bucket, _sum and _count'],
    ['max by (service (makegood_dead_letters)', 'at 16: '],
  ])('%s', (expr, fault) => {
    expect(faultsIn(expr)).toContain(fault)
  })
})

// ── Faults ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of whoever collects. */
const ownLabels = ['instance', 'job']

function faultsIn(expr: string): readonly string[] {
  const { errors, selectors, grouping } = read(inGrafana(expr))
  const known = selectors.flatMap(({ metric }) => labelsOf(metric))
  const strays = grouping.filter(label => !known.includes(label)).map(label => `nothing in it has the label ${label}`)
  return [...errors, ...selectors.flatMap(faultsOf), ...strays]
}

function faultsOf({ metric, matchers, over }: Selector): readonly string[] {
  const existing = metrics.get(nameOf(metric))
  if (existing === undefined) return [`there is no ${metric}`]
  const isPart = nameOf(metric) !== metric
  if (existing.type === 'histogram' && !isPart) return [`there is no ${metric} alone, but its _bucket, _sum and _count`]
  const counts = existing.type !== 'gauge'
  const isRate = over === 'rate' || over === 'increase'
  const misused = counts && !isRate ? [`${metric} counts up: take its rate or increase`] : []
  const unrated = !counts && isRate ? [`${metric} goes up and down: it has no rate`] : []
  return [...misused, ...unrated, ...matchers.flatMap(matcher => faultsOfMatcher(metric, matcher))]
}

function faultsOfMatcher(metric: string, { label, values }: Selector['matchers'][number]): readonly string[] {
  if (!labelsOf(metric).includes(label)) return [`${metric} has no label ${label}`]
  const possible = valuesOf(nameOf(metric), label)
  if (possible.length === 0) return []
  return values.filter(value => !possible.includes(value)).map(value => `${metric} is never of ${label} ${value}`)
}

function labelsOf(metric: string): readonly string[] {
  const existing = metrics.get(nameOf(metric))
  const ofBuckets = metric.endsWith('_bucket') ? ['le'] : []
  return existing === undefined ? [] : [...existing.labels, ...ofBuckets, ...ownLabels]
}

/** Empty where there may be any. */
function valuesOf(name: string, label: string): readonly string[] {
  if (metrics.get(name)?.type === 'gauge' && label === 'status') return ['running', 'compensating', 'stuck']
  return port.get(name)?.get(label) ?? []
}

/** Of a histogram's part. */
function nameOf(metric: string): string {
  const whole = metric.replace(/_(bucket|sum|count)$/, '')
  return metrics.get(whole)?.type === 'histogram' ? whole : metric
}

/** What Grafana puts in before it asks. */
function inGrafana(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m')
}
