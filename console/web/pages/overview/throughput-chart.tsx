import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { type ReactNode, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { endings, type Series } from './series.ts'

/** How many sagas ended a minute, by how they ended. */
export function ThroughputChart({ series }: { readonly series: Series }): ReactNode {
  const { ref: frame, width } = useElementSize()
  const canvas = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  const plot = useRef<uPlot>(undefined)
  const data = dataOf(series)
  const latest = useRef(data)
  latest.current = data

  // biome-ignore lint/correctness/useExhaustiveDependencies: its colours are those of the scheme
  useEffect(() => {
    if (canvas.current === null || width === 0) return
    plot.current = new uPlot(optionsOf(width), latest.current, canvas.current)
    return () => plot.current?.destroy()
  }, [width, scheme])

  useEffect(() => plot.current?.setData(data), [data])

  return (
    <figure ref={frame} className="chart">
      <div ref={canvas} role="img" aria-label={saysOf(series)} />
      <figcaption>{saysOf(series)}</figcaption>
    </figure>
  )
}

const heightPx = 220

function dataOf({ minutes, counts }: Series): uPlot.AlignedData {
  return [[...minutes], ...endings.map(status => [...counts[status]])]
}

function saysOf({ minutes, counts }: Series): string {
  const sums = endings.map(status => ({ status, sum: counts[status].reduce((sum, count) => sum + count, 0) }))
  const parts = sums.filter(({ status, sum }) => sum > 0 || status === 'completed')
  return `In ${minutes.length} minutes: ${parts.map(({ status, sum }) => `${sum} ${status}`).join(', ')}.`
}

function optionsOf(width: number): uPlot.Options {
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
    legend: { live: true },
    scales: { y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] } },
    axes: [axis, { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] }],
    series: [
      { value: '{HH}:{mm}' },
      ...endings.map(status => ({
        label: status,
        stroke: colour(`--${status}`),
        width: 2,
        points: { show: false },
      })),
    ],
  }
}
