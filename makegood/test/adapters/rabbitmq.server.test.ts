import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { transportContract } from '../../src/testing/transport-contract.ts'

const url = process.env['MAKEGOOD_TEST_AMQP_URL']!

transportContract('rabbitmq', () => rabbitmq({ url }))
