import { describe } from 'vitest'
import { embeddedGround } from '../../../runner/embedded-ground.ts'
import { adminScenarios } from './admin-scenarios.ts'
import { smallShop } from './small-shop.ts'

describe('the admin site on PGlite', () => {
  adminScenarios(() => smallShop(folder => embeddedGround(folder, { fresh: false })))
})
