import type { Masking } from '../engine/masking.ts'
import { MakegoodError } from '../model/errors.ts'
import type { SagaRow, SagaSearch } from '../ports/store.ts'
import type { Admitted } from './access.ts'
import type { SagaInFull, SagaList, SagaQuery } from './contract.ts'
import { isTracked } from './definitions.ts'
import type { Questions } from './exchange.ts'
import { documentsOfMessage, inboxView } from './message-views.ts'
import { checkReveal, maskFor } from './revealing.ts'
import { documentsOfSaga, journalView, sagaView, stateView } from './saga-views.ts'
import { limitDefault } from './schemas.ts'
import type { OperatedService, Services } from './services.ts'
import { timeOrNull } from './times.ts'

export async function sagaList({ queries }: OperatedService, query: SagaQuery, masking: Masking): Promise<SagaList> {
  const { rows, next, searchedTo } = await queries.sagas(searchFor(query, masking))
  return {
    sagas: rows.map(row => sagaView(row, masking.over(documentsOfSaga(row)))),
    next: next ?? null,
    searchedTo: timeOrNull(searchedTo),
  }
}

/**
 * One saga, and what every service here received of it.
 *
 * @throws MakegoodError `SAGA_UNKNOWN` if none of them has it
 */
export async function sagaInFull(
  services: Services,
  { id, ...reveal }: Questions['saga'],
  masking: Masking,
  admitted: Admitted,
): Promise<SagaInFull> {
  checkReveal(reveal, admitted)
  const { service, row } = await sagaIn(services, id)
  // The messages of a saga have its id as theirs; an instance that is followed has theirs as its key.
  const correlationId = isTracked(service.hosts, row.definition) ? row.key : id
  const [journal, received] = await Promise.all([service.queries.journal(id), receivedBy(services, correlationId)])
  const mask = await maskFor(service, { ...reveal, target: id }, admitted, () =>
    masking.over([...documentsOfSaga(row), ...received.flatMap(({ by, entry }) => documentsOfMessage(entry, by.wire))]),
  )
  const messages = received.map(({ by, entry }) => ({ service: by.name, ...inboxView(entry, by, mask) }))
  const view = {
    ...sagaView(row, mask),
    service: service.name,
    correlationId,
    state: stateView(row.state, mask),
    data: mask.document(row.data),
    headers: mask.document(row.headers) as SagaRow['headers'],
    journal: journal.map(entry => journalView(entry, mask)),
    messages: messages.sort((one, other) => one.receivedAt.localeCompare(other.receivedAt)),
  }
  return { ...view, masked: mask.used }
}

async function sagaIn(services: Services, id: string): Promise<{ service: OperatedService; row: SagaRow }> {
  for (const service of services) {
    const row = await service.queries.saga(id)
    if (row !== undefined) return { service, row }
  }
  throw new MakegoodError('SAGA_UNKNOWN', `No service here has a saga ${id}.`)
}

async function receivedBy(services: Services, correlationId: string) {
  const received = await Promise.all(
    services.map(async by => (await by.queries.messages(correlationId)).map(entry => ({ by, entry }))),
  )
  return received.flat()
}

function searchFor(query: SagaQuery, masking: Masking): SagaSearch {
  const { service: _service, startedAfter, startedBefore, text, limit = limitDefault, ...rest } = query
  return {
    ...rest,
    limit,
    ...(startedAfter === undefined ? {} : { startedAfter: Date.parse(startedAfter) }),
    ...(startedBefore === undefined ? {} : { startedBefore: Date.parse(startedBefore) }),
    ...(text === undefined ? {} : { text, only: showing(text, masking) }),
  }
}

/** A search finds nothing that is masked: whoever may not see it could otherwise find it out letter by letter. */
function showing(text: string, masking: Masking): (row: SagaRow) => boolean {
  const wanted = JSON.stringify(text).slice(1, -1).toLowerCase()
  return row => {
    const shown = masking.over(documentsOfSaga(row)).document(row.data)
    return JSON.stringify(shown).toLowerCase().includes(wanted)
  }
}
