import type { CommandMessage } from '../model/message.ts'
import type { Answer, Handling } from '../ports/store.ts'
import { closed, inDoubt, isHeld } from './record.ts'

/**
 * What a participant does with a command, from the records it has of it: pure, like `decide`. With it a command runs
 * once however often it comes, a compensation runs only for what ran or may have run, and a step that was closed never
 * runs afterwards. Rules 1, 2, 3, 5, 7 and 8 of `docs/protocol.md`.
 */
export function judge(command: CommandMessage, records: Records, circumstances: JudgeCircumstances): Verdict {
  const { own } = records
  if (own !== undefined && !circumstances.claimed) return judgeKnown(command, own)
  switch (command.direction) {
    case 'forward':
      return own === undefined && circumstances.old ? expired : run
    case 'compensation':
      return own === undefined && circumstances.old ? expired : judgeCompensation(command, records, circumstances)
    case 'close':
      return judgeClose(records, circumstances)
  }
}

export interface Records {
  /** Of this command's identity; undefined if it has never been here. */
  readonly own: Handling | undefined
  /** Of the step that a compensation or a closing is about. */
  readonly step: Handling | undefined
}

export interface JudgeCircumstances {
  /** Whether this is the message in custody being taken up, not one that arrived. */
  readonly claimed: boolean
  /** Whether this command was first sent longer ago than the inbox remembers: it may have been here and be forgotten. */
  readonly old: boolean
  /** Whether the step that it is about was. */
  readonly stepOld: boolean
}

export type Verdict =
  /** Hand it to the handler; `step` is then written too. */
  | { readonly do: 'run'; readonly step?: Handling }
  /** Answer without running anything. */
  | { readonly do: 'answer'; readonly answer: Answer; readonly step?: Handling }
  /** Answer again what is on record, for the attempt that asks. */
  | { readonly do: 'answer again'; readonly answer: Answer; readonly own: Handling }
  /** A call of the step is in flight: take it up later, without counting an attempt (rule 15). */
  | { readonly do: 'wait' }
  /** A newer attempt takes the place of an older one that is parked or dead. */
  | { readonly do: 'replace'; readonly own: Handling }
  /** It, or its step, is older than the inbox window and not on record: nobody can say here whether it ran (rule 5). */
  | { readonly do: 'refuse as expired'; readonly answer: Answer }
  | { readonly do: 'drop'; readonly own?: Handling }

const run: Verdict = { do: 'run' }
const expired: Verdict = { do: 'refuse as expired', answer: { failure: 'EXPIRED', payload: undefined } }
const nothingToDo: Answer = { failure: undefined, payload: undefined }
const neverRan: Answer = { failure: 'CLOSED', payload: undefined }
const nobodyKnows: Answer = { failure: 'IN_DOUBT', payload: undefined }

/** The same command again, under whatever message id, or a newer attempt of it (rules 1 to 3). */
function judgeKnown(command: CommandMessage, own: Handling): Verdict {
  if (command.attempt < own.attempt) return { do: 'drop' }
  const isNewer = command.attempt > own.attempt
  const raised = isNewer ? { ...own, attempt: command.attempt } : own
  switch (own.state) {
    case 'succeeded':
      return { do: 'answer again', answer: own.answer ?? nothingToDo, own: raised }
    case 'failed':
      return isNewer ? { do: 'replace', own: raised } : { do: 'answer again', answer: own.answer ?? nothingToDo, own }
    case 'dead':
      return isNewer ? { do: 'replace', own: raised } : { do: 'answer again', answer: own.answer ?? nothingToDo, own }
    case 'parked':
      // What is being handled or called at this moment goes on, and answers the newer attempt.
      if (isNewer && isHeld(own)) return { do: 'drop', own: raised }
      return isNewer ? { do: 'replace', own: raised } : { do: 'drop' }
    case 'closed':
    case 'in doubt':
    case 'handled':
    case 'ignored':
      return { do: 'drop' }
  }
}

function judgeCompensation(command: CommandMessage, { step }: Records, { stepOld }: JudgeCircumstances): Verdict {
  if (step === undefined) {
    if (command.stepSucceeded) return run
    return stepOld ? expired : { do: 'answer', answer: nothingToDo, step: closed(undefined) }
  }
  switch (step.state) {
    case 'succeeded':
    case 'in doubt':
      return run
    case 'parked':
    case 'dead':
      if (step.callBegun) return isHeld(step) ? { do: 'wait' } : { do: 'run', step: inDoubt(step) }
      return closeAndCompensate(command, step)
    // A refused step is closed too: a newer attempt, asked for by an operator, may still be on its way.
    case 'failed':
    case 'closed':
    case 'handled':
    case 'ignored':
      return closeAndCompensate(command, step)
  }
}

/** Nothing is on record that could be undone; the orchestrator may know better. */
function closeAndCompensate({ stepSucceeded }: CommandMessage, step: Handling): Verdict {
  return stepSucceeded ? { do: 'run', step: closed(step) } : { do: 'answer', answer: nothingToDo, step: closed(step) }
}

function judgeClose({ step }: Records, { stepOld }: JudgeCircumstances): Verdict {
  if (step === undefined) return stepOld ? expired : { do: 'answer', answer: neverRan, step: closed(undefined) }
  switch (step.state) {
    case 'succeeded':
      return { do: 'answer', answer: step.answer ?? nothingToDo }
    case 'failed':
      return { do: 'answer', answer: step.answer ?? neverRan, step: closed(step) }
    case 'parked':
    case 'dead':
      if (!step.callBegun) return { do: 'answer', answer: neverRan, step: closed(step) }
      return isHeld(step) ? { do: 'wait' } : { do: 'answer', answer: nobodyKnows, step: inDoubt(step) }
    case 'in doubt':
      return { do: 'answer', answer: nobodyKnows }
    case 'closed':
    case 'handled':
    case 'ignored':
      return { do: 'answer', answer: neverRan }
  }
}
