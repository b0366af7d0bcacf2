import { expect, test } from 'vitest'
import { compensationTimingOf, reactionRetry, timingOf } from '../../src/definition/timing.ts'

const hourMs = 3_600_000

test('a step that may fail is tried five times within its deadline', () => {
  for (const kind of ['compensatable', 'pivot', 'best-effort'] as const) {
    expect(timingOf({ kind })).toEqual({
      deadlineMs: hourMs,
      retry: { attempts: 5, forMs: hourMs, firstDelayMs: 200, delayMsMax: 30_000 },
    })
  }
  expect(timingOf({ kind: 'pivot', deadlineMs: 10_000 }).retry.forMs).toBe(10_000)
})

test('retriable steps, compensations and reactions are tried for a day', () => {
  const aDay = { attempts: undefined, forMs: 24 * hourMs, firstDelayMs: 200, delayMsMax: 300_000 }
  expect(timingOf({ kind: 'retriable' })).toEqual({ deadlineMs: hourMs, retry: aDay })
  expect(compensationTimingOf({ compensation: 'not needed' })).toEqual({ deadlineMs: hourMs, retry: aDay })
  expect(reactionRetry).toEqual(aDay)
})

test('what a step says holds for the step, and what its compensation says for that', () => {
  const step = {
    kind: 'compensatable',
    deadlineMs: 5_000,
    retry: { attempts: 2 },
    compensation: { command: {} as never, payload: () => ({}), deadlineMs: 7_000, retry: { firstDelayMs: 50 } },
  } as const
  expect(timingOf(step)).toMatchObject({ deadlineMs: 5_000, retry: { attempts: 2, forMs: 5_000 } })
  expect(compensationTimingOf(step)).toMatchObject({
    deadlineMs: 7_000,
    retry: { firstDelayMs: 50, forMs: 24 * hourMs },
  })
})

test('only for how long means as often as fits into it', () => {
  expect(timingOf({ kind: 'pivot', retry: { forMs: 60_000 } }).retry).toMatchObject({
    attempts: undefined,
    forMs: 60_000,
  })
})

test('a long first pause makes the longest pause no shorter', () => {
  expect(timingOf({ kind: 'pivot', retry: { firstDelayMs: 60_000 } }).retry.delayMsMax).toBe(60_000)
})
