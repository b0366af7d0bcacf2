import type { Masking } from '../engine/masking.ts'
import type { SagaState } from '../model/saga-state.ts'
import type { FailureGroup as StoredGroup } from '../ports/store.ts'
import {
  type FailureGroup,
  type Failures,
  masked,
  runbookOfDeadLetters,
  runbookOfParked,
  runbookOfTrouble,
} from './contract.ts'
import { documentsOfMessage } from './message-views.ts'
import { documentsOfSaga } from './saga-views.ts'
import type { OperatedService } from './services.ts'
import { time } from './times.ts'

/** What fails, largest group first. */
export async function failuresOf(service: OperatedService, masking: Masking): Promise<Failures> {
  const groups = await service.queries.failures()
  const sayings = await sayingsOf(service, groups, masking)
  return { groups: groups.map(group => groupView(group, sayings.get(group.examples[0]!) ?? masked)) }
}

/** What a group says, its oldest has said: what is masked in that one must not be read here, nor half of it. */
async function sayingsOf(
  { queries, wire }: OperatedService,
  groups: readonly StoredGroup[],
  masking: Masking,
): Promise<ReadonlyMap<string, string>> {
  const oldestOf = (isWanted: (group: StoredGroup) => boolean) =>
    groups.filter(isWanted).map(({ examples }) => examples[0]!)
  const [sagas, messages] = await Promise.all([
    queries.sagasById(oldestOf(({ kind }) => kind === 'stuck saga')),
    queries.inboxRows(oldestOf(({ kind }) => kind !== 'stuck saga')),
  ])
  const said = (documents: readonly unknown[], says: string) => masking.over(documents).text(says).slice(0, saysMax)
  return new Map([
    ...sagas.map(row => [row.id, said(documentsOfSaga(row), troubleIn(row.state))] as const),
    ...messages.map(
      entry => [entry.identity, said(documentsOfMessage(entry, wire), entry.handling.error ?? '')] as const,
    ),
  ])
}

function troubleIn(state: SagaState): string {
  return state.status === 'stuck' ? state.trouble.says : ''
}

function groupView(group: StoredGroup, says: string): FailureGroup {
  const { code, step, oldestAt, newestAt } = group
  return {
    ...group,
    code: code ?? null,
    step: step ?? null,
    says,
    oldestAt: time(oldestAt),
    newestAt: time(newestAt),
    runbook: runbookOf(group),
  }
}

/** As long as the store cuts it. */
const saysMax = 500

function runbookOf({ kind, code }: StoredGroup): string {
  switch (kind) {
    case 'stuck saga':
      return runbookOfTrouble(code ?? '')
    case 'dead letter':
      return runbookOfDeadLetters
    case 'parked message':
      return runbookOfParked
  }
}
