export { type EmbeddedTransport, embedded } from './embedded.ts'
