import { describe, expect, test } from 'vitest'
import { makegood, type Protocol } from './protocol.ts'
import { scenario } from './scenario.ts'
import { usual } from './scenarios.ts'
import { exploreScenario, storyOf } from './world.ts'

describe('whatever is lost, doubled, delayed or killed', () => {
  test.each(usual)('in the scenario $name every promise is kept', scenario => {
    expect(storyOf(exploreScenario(scenario, makegood))).toBe('every promise is kept')
  })
})

describe('a newer attempt that meets a call in flight', () => {
  const scenarios = [scenario('Pc', { retries: 2 }), scenario('Cc P', { retries: 1 }), scenario('Rc', { retries: 2 })]

  test.each(scenarios)('joins it, and its answer is for both: in the scenario $name every promise is kept', joining => {
    let joined = 0
    const judge: Protocol['judge'] = (...asked) => {
      const verdict = makegood.judge(...asked)
      if (verdict.do === 'drop' && verdict.own !== undefined) joined += 1
      return verdict
    }
    expect(storyOf(exploreScenario(joining, { ...makegood, judge }))).toBe('every promise is kept')
    expect(joined).toBeGreaterThan(0)
  })
})
