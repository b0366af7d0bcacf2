import { inject } from 'vitest'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { postgresPlace } from './postgres-place.ts'
import { shopScenarios } from './shop-scenarios.ts'

shopScenarios('a shop on PostgreSQL, in one process', () => postgresPlace(inject('postgresUrl'), embedded()))
