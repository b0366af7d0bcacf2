import { describe } from 'vitest'
import { provideKafka } from '../../../scripts/servers/kafka.ts'
import { scenarios as credit } from '../../../systems/credit-choreography/test/scenarios.ts'
import { scenarios as ecommerce } from '../../../systems/ecommerce/test/scenarios.ts'
import { scenarios as kafka } from '../../../systems/kafka-orchestration/test/scenarios.ts'
import { scenarios as outbox } from '../../../systems/outbox-choreography/test/scenarios.ts'
import type { Extent } from '../../../systems/runner/test/extent.ts'
import { scenarios as topic } from '../../../systems/topic-orchestration/test/scenarios.ts'
import { Composition } from '../containers/composition.ts'
import { creditShop } from './credit-choreography.ts'
import { ecommerceShop } from './ecommerce.ts'
import { kafkaShop } from './kafka-orchestration.ts'
import { outboxShop } from './outbox-choreography.ts'
import { topicShop } from './topic-orchestration.ts'

// Where it cannot be had, its file is left out.
await provideKafka()

/** Each system's own scenarios, on what its compose file says. */
export function composedScenarios(extent: Extent): void {
  describeComposed('ecommerce.yaml', () => ecommerce(ecommerceShop, startMs))
  describeComposed('credit-choreography.yaml', () => credit(creditShop, startMs, extent))
  describeComposed('outbox-choreography.yaml', () => outbox(outboxShop, startMs, extent))
  describeComposed('topic-orchestration.yaml', () => topic(topicShop, startMs, extent))
  describeComposed('kafka-orchestration.yaml', () => kafka(kafkaShop, startMs, extent))
}

function describeComposed(file: string, tests: () => void): void {
  const obstacle = Composition.obstacle(file)
  const name = `${file}, each service a process with its command and environment, in a network of their own`
  describe.skipIf(obstacle !== undefined)(obstacle === undefined ? name : `${name} – LEFT OUT: ${obstacle}`, tests)
}

/** A limit for what hangs. */
const startMs = 300_000
