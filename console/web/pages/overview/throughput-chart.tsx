import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { Status } from '../../parts/status.tsx'
import { endings, type Series } from './series.ts'

/** How many sagas ended a minute, by how they ended. */
export function ThroughputChart({ series }: { readonly series: Series }): ReactNode {
  const { ref: frame, width } = useElementSize()
  const canvas = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  const plot = useRef<uPlot>(undefined)
  const [pointedAt, setPointedAt] = useState<number | null>(null)
  const data = dataOf(series)
  const latest = useRef(data)
  latest.current = data

  // biome-ignore lint/correctness/useExhaustiveDependencies: its colours are those of the scheme
  useEffect(() => {
    if (canvas.current === null || width === 0) return
    plot.current = new uPlot(optionsOf(width, setPointedAt), latest.current, canvas.current)
    return () => plot.current?.destroy()
  }, [width, scheme])

  useEffect(() => plot.current?.setData(data), [data])

  return (
    <figure ref={frame} className="chart">
      <div ref={canvas} role="img" aria-label={saysOf(series)} />
      <figcaption>
        {pointedAt === null ? 'Together' : hourOf(series.minutes[pointedAt] ?? 0)}:
        {endings.map(status => (
          <span key={status}>
            <strong>{pointedAt === null ? sumOf(series.counts[status]) : series.counts[status][pointedAt]}</strong>{' '}
            <Status of={status} />
          </span>
        ))}
      </figcaption>
    </figure>
  )
}

const heightPx = 220

function dataOf({ minutes, counts }: Series): uPlot.AlignedData {
  return [[...minutes], ...endings.map(status => [...counts[status]])]
}

function saysOf({ minutes, counts }: Series): string {
  const parts = endings.map(status => `${sumOf(counts[status])} ${status}`)
  return `Sagas that ended in ${minutes.length} minutes: ${parts.join(', ')}.`
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function hourOf(seconds: number): string {
  return hours.format(new Date(seconds * 1_000))
}

const hours = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

function optionsOf(width: number, pointAt: (index: number | null) => void): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis: uPlot.Axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  }
  return {
    width,
    height: heightPx,
    cursor: { drag: { x: false, y: false } },
    legend: { show: false },
    hooks: { setCursor: [({ cursor }) => pointAt(cursor.idx ?? null)] },
    scales: { y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(hourOf) },
      { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] },
    ],
    series: [
      {},
      ...endings.map(status => ({
        label: status,
        stroke: colour(`--${status}`),
        width: 2,
        points: { show: false },
      })),
    ],
  }
}
