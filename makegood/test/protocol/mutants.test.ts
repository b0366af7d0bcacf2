import { describe, expect, test } from 'vitest'
import { mutants } from './mutants.ts'
import { makegood } from './protocol.ts'
import { exploreScenario } from './world.ts'

describe.each(mutants)('without rule $rule, $without', ({ protocol, scenario, breaks }) => {
  test(`a promise is broken in the scenario ${scenario.name}, and only then`, () => {
    const { violation } = exploreScenario(scenario, protocol)
    expect(violation?.says ?? 'no violation was found').toMatch(breaks)
    expect(exploreScenario(scenario, makegood).violation).toBeUndefined()
  })
})
