export { kafka } from './kafka.ts'
export type { KafkaOptions } from './options.ts'
