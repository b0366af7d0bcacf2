import { describe } from 'vitest'
import { Composition } from '../containers/composition.ts'

/** Tests of what is in a compose file. Where this machine cannot run it they are left out, and their name says why. */
export function describeComposed(file: string, tests: () => void): void {
  const obstacle = Composition.obstacle(file)
  const name = `${file}, each service a process with its command and environment, in a network of their own`
  describe.skipIf(obstacle !== undefined)(obstacle === undefined ? name : `${name} – LEFT OUT: ${obstacle}`, tests)
}

/** A limit for a start that hangs. */
export const startMsMax = 300_000
