import type { Pace, SagaStatus } from 'makegood/operations/contract'

export const endings = ['completed', 'compensated', 'abandoned'] as const satisfies readonly SagaStatus[]

export type Ending = (typeof endings)[number]

/** How many sagas ended in each minute; minutes in which none did are there too. */
export interface Series {
  /** Seconds since 1970. */
  readonly minutes: readonly number[]
  readonly counts: { readonly [Status in Ending]: readonly number[] }
}

/** No more than a day of them. */
const minutesMax = 1_440

export function seriesOf(services: readonly Pace[], now: number): Series | null {
  const since = Math.min(...services.map(({ since }) => Date.parse(since)))
  if (!Number.isFinite(since)) return null
  const last = Math.floor(now / 60_000)
  const first = Math.max(Math.floor(since / 60_000), last - minutesMax + 1)
  const length = Math.max(1, last - first + 1)
  const counts = Object.fromEntries(endings.map(status => [status, new Array<number>(length).fill(0)]))
  for (const { at, status, sagas } of services.flatMap(({ minutes }) => minutes)) {
    const row = counts[status]
    const index = Math.floor(Date.parse(at) / 60_000) - first
    if (row?.[index] !== undefined) row[index] += sagas
  }
  return {
    minutes: Array.from({ length }, (_, index) => (first + index) * 60),
    counts: counts as unknown as Series['counts'],
  }
}
