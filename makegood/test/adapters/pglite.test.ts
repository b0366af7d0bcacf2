import { pglite } from '../../src/adapters/pglite/index.ts'
import { storeContract } from '../../src/testing/store-contract.ts'

storeContract('pglite', { concurrent: false }, async () => ({ store: pglite(), close: async () => {} }))
