import { serviceOf } from '../definition/message.ts'
import type { SagaStep } from '../definition/saga.ts'

/** A step in doubt is compensated at once only where its own participant judges whether it ran (rules 7 and 8). */
export function canCompensateInDoubt(step: SagaStep): boolean {
  const { compensation } = step
  if (compensation === undefined || compensation === 'not needed') return false
  return compensation.inDoubt !== undefined && isJudgedByItsOwn(step)
}

/** Another service has no record of the step: it is told to run the compensation, or not asked at all. */
export function isJudgedByItsOwn({ command, compensation }: SagaStep): boolean {
  return typeof compensation !== 'object' || serviceOf(compensation.command.type) === serviceOf(command.type)
}
