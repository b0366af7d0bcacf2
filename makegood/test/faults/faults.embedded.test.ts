import { pglitePlace } from '../engine/pglite-place.ts'
import { faultScenarios } from './fault-scenarios.ts'

faultScenarios('a shop in one process, on PGlite', pglitePlace)
