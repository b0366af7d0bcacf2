import { rabbitmq } from 'makegood/rabbitmq'
import type { Environment } from '../set-up.ts'

export function transportOf({ setUp, amqpUrl }: Environment) {
  const { packed = false, queueType = 'classic' } = setUp
  return rabbitmq({ url: amqpUrl!, packed, queueType })
}
