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
