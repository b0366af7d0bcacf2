import { describe } from 'vitest'
import { shortChaos } from '../../../runner/test/chaos/short-chaos.ts'
import { shop, shopWithoutBroker } from './shop.ts'

describe('on RabbitMQ', () => void shortChaos(shop))
describe('without a broker, on queues in PostgreSQL', () => void shortChaos(shopWithoutBroker))
