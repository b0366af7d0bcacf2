import type { Figure } from '../measure-set-up.ts'
import { median } from './figures.ts'

/** A number that was to be reached, and what it came to. */
export interface Target {
  readonly what: string
  readonly wanted: string
  readonly reached: string
  /** Undefined if this run did not measure it. */
  readonly holds: boolean | undefined
}

export function targetsIn(figures: readonly Figure[]): readonly Target[] {
  const counted = figures.filter(({ fault }) => fault === undefined)
  const of = (setUp: string, inFlight: number) =>
    counted.filter(figure => figure.setUp === setUp && figure.inFlight === inFlight)

  /** The median of the ratios of the same round: what slows a round down slows down both. */
  const atLeastTimes = (ours: string, theirs: string, wanted: number, shown = `${ours} against ${theirs}`): Target => {
    const ratios = of(ours, 64).flatMap(figure => {
      const other = of(theirs, 64).find(({ round }) => round === figure.round)
      return other ? [figure.sagasPerSecond / other.sagasPerSecond] : []
    })
    return judged(
      `${shown}, 64 in flight`,
      ratios,
      ratio => ratio >= wanted,
      `≥ ${wanted} ×`,
      ratio => `${ratio.toFixed(2)} ×`,
    )
  }

  return [
    atLeastTimes('services', 'dbos', 2),
    atLeastTimes('services', 'restate services', 4),
    atLeastTimes('services', 'naive', 0.35),
    atLeastTimes('packed', 'dbos', 4),
    atLeastTimes('packed', 'restate services', 8),
    atLeastTimes('packed', 'naive', 0.7),
    atLeastTimes('one process', 'dbos', 12),
    judged(
      'embedded, 16 in flight',
      of('embedded', 16).map(({ sagasPerSecond }) => sagasPerSecond),
      rate => rate >= 600,
      '≥ 600 sagas/s',
      rate => `${rate.toFixed(0)} sagas/s`,
    ),
    judged(
      'services, a lone order (p50)',
      of('services', 1).map(({ latencyMs }) => latencyMs.p50),
      ms => ms <= 15,
      '≤ 15 ms',
      ms => `${ms.toFixed(1)} ms`,
    ),
    judged(
      'services, CPU for 1,000 sagas, 64 in flight',
      of('services', 64).map(({ cpuPer1000 }) => cpuPer1000.all),
      seconds => seconds <= 5,
      '≤ 5 s',
      seconds => `${seconds.toFixed(2)} s`,
    ),
    atLeastTimes('three replicas', 'one replica', 1, 'three replicas against one on five hot rows'),
  ]
}

function judged(
  what: string,
  measured: readonly number[],
  holds: (middle: number) => boolean,
  wanted: string,
  shown: (number: number) => string,
): Target {
  if (measured.length === 0) return { what, wanted, reached: 'not measured', holds: undefined }
  const middle = median(measured)
  const spread = measured.length === 1 ? '' : ` (${shown(Math.min(...measured))} to ${shown(Math.max(...measured))})`
  return { what, wanted, reached: `${shown(middle)}${spread}`, holds: holds(middle) }
}
