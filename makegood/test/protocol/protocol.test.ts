import { describe, expect, test } from 'vitest'
import type { Explored } from './explore.ts'
import { makegood } from './protocol.ts'
import { usual } from './scenarios.ts'
import { exploreScenario } from './world.ts'

describe('whatever is lost, doubled, delayed or killed', () => {
  test.each(usual)('in the scenario $name every promise is kept', scenario => {
    expect(storyOf(exploreScenario(scenario, makegood))).toBe('every promise is kept')
  })
})

function storyOf({ violation }: Explored): string {
  if (violation === undefined) return 'every promise is kept'
  return [...violation.trace, `→ ${violation.says}`].join('\n')
}
