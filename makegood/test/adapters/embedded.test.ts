import { embedded } from '../../src/adapters/embedded/index.ts'
import { transportContract } from '../../src/testing/transport-contract.ts'

transportContract('embedded', embedded)
