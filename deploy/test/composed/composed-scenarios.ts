import { provideKafka } from '../../../scripts/servers/kafka.ts'
import type { Extent } from '../../../systems/runner/test/extent.ts'
import { composedCreditChoreography } from './credit-choreography.ts'
import { composedEcommerce } from './ecommerce.ts'
import { composedKafkaOrchestration } from './kafka-orchestration.ts'
import { composedOutboxChoreography } from './outbox-choreography.ts'
import { composedTopicOrchestration } from './topic-orchestration.ts'

// Where it cannot be had, its file is left out.
await provideKafka()

/** Each system's own scenarios, on what its compose file says. */
export function composedScenarios(extent: Extent): void {
  composedEcommerce()
  composedCreditChoreography(extent)
  composedOutboxChoreography(extent)
  composedTopicOrchestration(extent)
  composedKafkaOrchestration(extent)
}
