import type { Pace } from '../ports/store.ts'
import { numberOf, type Row, statusOf, textOf } from './stored-rows.ts'

/** From counts a minute, and from counts of how long they took in buckets of which eight double the time. */
export function paceOf(minutes: readonly Row[], durations: readonly Row[]): Pace {
  const buckets = new Map<string, Row[]>()
  for (const row of durations) {
    const of = `${textOf(row, 'definition')}/${statusOf(row)}`
    buckets.set(of, [...(buckets.get(of) ?? []), row])
  }
  return {
    minutes: minutes.map(row => ({ ...sagasIn(row), at: numberOf(row, 'at') })),
    durations: [...buckets.values()].map(durationsOf),
  }
}

type Durations = Pace['durations'][number]

function durationsOf(buckets: readonly Row[]): Durations {
  const sagas = buckets.reduce((sum, row) => sum + numberOf(row, 'sagas'), 0)
  const quantile = (share: number) => msOf(bucketAt(buckets, share * sagas))
  return { ...sagasIn(buckets[0]!), sagas, p50Ms: quantile(0.5), p95Ms: quantile(0.95) }
}

function sagasIn(row: Row): Pick<Durations, 'definition' | 'status' | 'sagas'> {
  return { definition: textOf(row, 'definition'), status: statusOf(row), sagas: numberOf(row, 'sagas') }
}

/** The bucket, of those in their order, in which the sagas have come to so many. */
function bucketAt(buckets: readonly Row[], sagas: number): number {
  let sum = 0
  const reached = buckets.find(row => {
    sum += numberOf(row, 'sagas')
    return sum >= sagas
  })
  return numberOf(reached ?? buckets.at(-1)!, 'bucket')
}

/** The middle of a bucket, half of which is 4.4 %. */
function msOf(bucket: number): number {
  return Math.round(2 ** ((bucket + 0.5) / 8))
}
