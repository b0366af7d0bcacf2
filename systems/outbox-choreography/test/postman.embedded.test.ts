import { describe } from 'vitest'
import { embeddedShop } from './embedded-shop.ts'
import { postmanScenarios } from './postman-scenarios.ts'

describe('in one process', () => {
  postmanScenarios(embeddedShop)
})
