import { describe } from 'vitest'
import { longChaos } from '../../../runner/test/chaos/long-chaos.ts'
import { shop, shopWithoutBroker } from './shop.ts'

describe('on RabbitMQ', () => longChaos(shop, 'Insufficient balance'))
describe('without a broker, on queues in PostgreSQL', () => longChaos(shopWithoutBroker, 'Insufficient balance'))
