import { inject } from 'vitest'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { transportContract } from '../../src/testing/transport-contract.ts'

const url = inject('amqpUrl')

transportContract('rabbitmq', () => rabbitmq({ url }))
