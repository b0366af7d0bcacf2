import { describe } from 'vitest'
import { embeddedShop } from './embedded-shop.ts'
import { scenarios } from './scenarios.ts'

describe('the shop in one process, on PGlite', () => {
  scenarios(embeddedShop, 120_000)
})
