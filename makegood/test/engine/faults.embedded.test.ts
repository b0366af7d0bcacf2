import { faultScenarios } from './fault-scenarios.ts'
import { pglitePlace } from './pglite-place.ts'

faultScenarios('a shop in one process, on PGlite', pglitePlace)
