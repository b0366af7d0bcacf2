import type { Environment } from '../runner/environment.ts'

/** What can be set about the shop, beyond where its servers are. */
export interface KafkaSettings {
  readonly requestsPerMinuteMax: number
}

export function kafkaSettings(environment: Environment): KafkaSettings {
  return {
    requestsPerMinuteMax: environment.wholeNumber('HTTP_REQUESTS_PER_MINUTE_MAX', 60_000, 1, 100_000_000),
  }
}
