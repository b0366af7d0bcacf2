import { decide } from '../../src/engine/decide.ts'
import { judge } from '../../src/engine/judge.ts'
import { callBegun, stillHolds } from '../../src/engine/record.ts'
import { type Direction, stepIdentity } from '../../src/model/message.ts'

/**
 * The code under exploration: all of it is makegood's own. A mutant takes one rule out of it and must then be caught,
 * or the exploration would prove nothing.
 */
export const makegood: Protocol = {
  decide,
  judge,
  callBegun,
  stillHolds,
  identityOf: command => stepIdentity(command, command.direction),
  providerKeyOf: (_command, refusals) => `${refusals}`,
  custodyBeforeCall: true,
  answersHaveOwnIds: true,
}

export interface Protocol {
  readonly decide: typeof decide
  readonly judge: typeof judge
  readonly callBegun: typeof callBegun
  readonly stillHolds: typeof stillHolds
  readonly identityOf: (command: { sagaId: string; step: string; direction: Direction; attempt: number }) => string
  /** The last part of the key that a provider tells repetitions by (rule 15). */
  readonly providerKeyOf: (command: { attempt: number }, refusals: number) => string
  /** Whether a message is stored before its call is made (rule 15). */
  readonly custodyBeforeCall: boolean
  /** Whether the orchestrator's inbox tells answers by ids of their own, or by their command's (rule 3). */
  readonly answersHaveOwnIds: boolean
}
