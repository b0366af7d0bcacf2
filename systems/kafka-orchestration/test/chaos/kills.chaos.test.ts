import { describe } from 'vitest'
import { provideKafka } from '../../../../scripts/servers/kafka.ts'
import { longChaos } from '../../../runner/test/chaos/long-chaos.ts'
import { shop } from './shop.ts'

describe.skipIf(!(await provideKafka()))('on a real Kafka', () => longChaos(shop, 'PAYMENT_REJECTED'))
