import { describe } from 'vitest'
import { Composition } from '../containers/composition.ts'

/** Tests of what is in a compose file. Where this machine cannot run it they are left out, which is said. */
export function describeComposed(file: string, tests: () => void): void {
  const obstacle = Composition.obstacle(file)
  const name = `${file}, each service a process with its command and environment, in a network of their own`
  if (obstacle === undefined) return void describe(name, tests)
  console.error(`» No test of ${file}: ${obstacle}.`)
  describe.skip(`${name} – LEFT OUT: ${obstacle}`, tests)
}

/** A limit for a start that hangs. */
export const startMsMax = 300_000
