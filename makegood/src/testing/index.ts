export {
  type Crash,
  type CrashPoint,
  type Fault,
  type FaultPlan,
  faultPlan,
  type MessageName,
  type Mishap,
  type MishapPoint,
} from './fault-plan.ts'
export { faulty, type ProcessParts } from './faults.ts'
export {
  type Failed,
  failed,
  type GivenSaga,
  type GivenSagaOptions,
  givenSaga,
  type SentClose,
  type SentCommand,
  type Succeeded,
  succeeded,
  type ToldAnswer,
} from './given-saga.ts'
