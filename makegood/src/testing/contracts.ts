// Apart from the rest of the kit, because the suites are written for vitest, which whoever runs them has.
export { type OpenedStore, type StatementClient, type StoreWords, storeContract } from './store-contract.ts'
export { transportContract } from './transport-contract.ts'
