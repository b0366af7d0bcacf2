export { type PgliteOptions, type PgliteStore, pglite } from './pglite.ts'
