import { describe } from 'vitest'
import { provideKafka } from '../../../../scripts/servers/kafka.ts'
import { shortChaos } from '../../../runner/test/chaos/short-chaos.ts'
import { shop } from './shop.ts'

describe.skipIf(!(await provideKafka()))('on a real Kafka', () => void shortChaos(shop))
