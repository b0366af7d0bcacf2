import type { Start } from '../set-up.ts'
import { startWith } from './restate.ts'

/** Restate with an orchestrator that calls three services, a process each. */
export const start: Start = environment => startWith(environment, ['stock', 'payment', 'shipping', 'orchestrator'])
