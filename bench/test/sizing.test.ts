import { describe, expect, test } from 'vitest'
import { fullnessOf, needOf, type Wanted } from '../sizing/calculate.ts'
import { readSizingOptions } from '../sizing/options.ts'

/** Of 7 s of CPU for 1,000 sagas, 4 in four services (2 in the one that orchestrates), 2 in the database, 1 in the broker. */
const cost = {
  setUp: 'services',
  cpuPer1000: { all: 7, database: 2, broker: 1, busiest: 2 },
  processes: 4,
  bytesPerSaga: { tables: 10_000, log: 20_000 },
}
const perSecond = (rate: number, over: Partial<Wanted> = {}): Wanted => ({
  ...{ sagasPerDay: rate * 86_400, peak: 1, steps: 3, daysKept: 30, utilisation: 0.5, poolSize: 10 },
  ...over,
})

describe('what a load needs', () => {
  test('a thousand sagas a second need a thousand times the CPU of one, and as much again to spare', () => {
    expect(needOf(cost, perSecond(1_000))).toEqual({
      setUp: 'services',
      sagasPerSecond: 1_000,
      serviceCores: 8,
      busiestProcesses: 4,
      otherProcesses: 2,
      processes: 10,
      connections: 100,
      databaseCores: 4,
      brokerCores: 2,
      messagesPerSecond: 6_000,
      logMbPerSecond: 20,
      tablesGb: 25_920,
    })
  })

  test('the least load needs a process of each service', () => {
    expect(needOf(cost, perSecond(0.01))).toMatchObject({ busiestProcesses: 1, otherProcesses: 1, connections: 40 })
  })

  test('a peak needs more CPU and no more disk', () => {
    const even = needOf(cost, perSecond(10))
    expect(needOf(cost, perSecond(10, { peak: 10 }))).toMatchObject({ databaseCores: 0.4, tablesGb: even.tablesGb })
  })

  test('a saga of six steps costs twice what one of three does', () => {
    const [three, six] = [needOf(cost, perSecond(100)), needOf(cost, perSecond(100, { steps: 6 }))]
    expect(six.databaseCores).toBe(2 * three.databaseCores)
    expect(six.messagesPerSecond).toBe(2 * three.messagesPerSecond)
  })

  test('what is full first is told in the sagas a second that it bears', () => {
    const { oneProcess, databaseOf } = fullnessOf(cost, { steps: 3, utilisation: 0.5 })
    expect(oneProcess).toBe(250)
    expect(databaseOf(16)).toBe(4_000)
  })
})

test.each([
  [['--per-day', 'many'], '--per-day must be from 1 to 10000000000, not "many".'],
  [['--utilisation', '2'], '--utilisation must be from 0.01 to 1, not "2".'],
])('%j is refused', (args, says) => {
  expect(() => readSizingOptions(args)).toThrow(says)
})
