import { expect, test } from 'vitest'
import { seriesOf } from '../../web/pages/overview/series.ts'

const noon = Date.UTC(2026, 10, 21, 12)

function iso(minutes: number): string {
  return new Date(noon + minutes * 60_000).toISOString()
}

test('minutes of all services are added up, and minutes without any are there', () => {
  const row = { definition: 'checkout', status: 'completed' } as const
  const one = { since: iso(-3), minutes: [{ ...row, at: iso(-3), sagas: 2 }], durations: [] }
  const other = {
    since: iso(-2),
    minutes: [
      { ...row, at: iso(-1), sagas: 4 },
      { ...row, at: iso(-1), definition: 'return', sagas: 1 },
      { ...row, at: iso(-1), status: 'compensated', sagas: 3 } as const,
    ],
    durations: [],
  }
  expect(seriesOf([one, other], noon)).toEqual({
    minutes: [-3, -2, -1, 0].map(minute => noon / 1_000 + minute * 60),
    counts: { completed: [2, 0, 5, 0], compensated: [0, 0, 3, 0], abandoned: [0, 0, 0, 0] },
  })
})

test('without a service there is nothing to draw', () => {
  expect(seriesOf([], noon)).toBeNull()
})
