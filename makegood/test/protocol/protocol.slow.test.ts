import { describe, expect, test } from 'vitest'
import { makegood } from './protocol.ts'
import { large } from './scenarios.ts'
import { exploreScenario, storyOf } from './world.ts'

// Minutes, and a gigabyte or two: MAKEGOOD_SLOW=1 npx vitest run --project unit makegood/test/protocol/protocol.slow.test.ts
describe.runIf(process.env['MAKEGOOD_SLOW'])('with more misfortune at a time', { timeout: 30 * 60_000 }, () => {
  test.each(large)('in the scenario $name every promise is kept', scenario => {
    expect(storyOf(exploreScenario(scenario, makegood))).toBe('every promise is kept')
  })
})
