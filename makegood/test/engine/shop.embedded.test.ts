import { pglitePlace } from './pglite-place.ts'
import { shopScenarios } from './shop-scenarios.ts'

shopScenarios('a shop in one process, with nothing installed', pglitePlace)
