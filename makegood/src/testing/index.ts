export {
  type Crash,
  type CrashPoint,
  type Fault,
  type FaultPlan,
  faultPlan,
  faulty,
  type MessageName,
  type Mishap,
  type MishapPoint,
  type ProcessParts,
} from './faults.ts'
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
