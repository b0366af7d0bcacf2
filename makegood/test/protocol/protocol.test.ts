import { describe, expect, test } from 'vitest'
import { makegood } from './protocol.ts'
import { usual } from './scenarios.ts'
import { exploreScenario, storyOf } from './world.ts'

describe('whatever is lost, doubled, delayed or killed', () => {
  test.each(usual)('in the scenario $name every promise is kept', scenario => {
    expect(storyOf(exploreScenario(scenario, makegood))).toBe('every promise is kept')
  })
})
