import type {
  ActOnDeadLetters,
  ActOnSagas,
  DeadLetterAction,
  DeadLetterActionResults,
  FailureGroup,
  InboxView,
  SagaActionResults,
  SagaView,
} from 'makegood/operations/contract'
import { isInGroup, itemsMax, routes, sagasLikeThoseOf } from 'makegood/operations/contract'
import { ask } from '../../api/answers.ts'
import { post } from '../../api/request.ts'
import type { BulkPage, BulkWork, How } from './in-pages.ts'

export type Letter = Pick<InboxView, 'identity'> & { readonly service: string }

/** The letters that somebody has chosen, service by service. */
export function onLetters(letters: readonly Letter[], action: DeadLetterAction): BulkWork {
  const pages = pagesOf(letters)
  return {
    async page(cursor, how) {
      const at = Number(cursor ?? 0)
      const { service, identities } = pages[at]!
      const { results } = await actOnLetters({ service, letters: { identities }, action, ...how })
      return { results, next: at + 1 < pages.length ? String(at + 1) : null }
    },
  }
}

/** All dead letters of a failure group, the oldest first. */
export function onLettersOf(service: string, { fingerprint }: FailureGroup, action: DeadLetterAction): BulkWork {
  return {
    page: (cursor, how) => {
      const letters = cursor === null ? { fingerprint } : { fingerprint, after: cursor }
      return actOnLetters({ service, letters, action, ...how })
    },
  }
}

/** Tries all stuck sagas of a failure group again, the oldest first, so many at a time. */
export function onStuckSagas(service: string, group: FailureGroup, pageSize: number = itemsMax): BulkWork {
  return {
    async page(cursor, how) {
      const { sagas, next } = await stuckSagasOf(service, group, cursor, pageSize)
      return { results: sagas.length === 0 ? [] : await retry(sagas, how), next }
    },
  }
}

/** Lists have no fingerprint: they are asked for what is nearest to it, and what says something else is left out. */
async function stuckSagasOf(
  service: string,
  group: FailureGroup,
  cursor: string | null,
  limit: number,
): Promise<{ readonly sagas: readonly SagaView[]; readonly next: string | null }> {
  const after = cursor === null ? {} : { after: cursor }
  const { services } = await ask('sagas', { service, ...sagasLikeThoseOf(group), order: 'oldest', limit, ...after })
  const found = services.find(each => each.service === service)
  return { sagas: (found?.sagas ?? []).filter(saga => isInGroup(group, saga)), next: found?.next ?? null }
}

async function retry(sagas: readonly SagaView[], how: How): Promise<BulkPage['results']> {
  const items = sagas.map(({ id, revision }) => ({ id, revision }))
  const request: ActOnSagas = { items, action: { kind: 'retry' }, ...how }
  const { results } = await post<SagaActionResults>(routes.actOnSagas.path, request)
  return results.map(({ id, outcome, says }) => ({ target: id, outcome, says }))
}

async function actOnLetters(request: ActOnDeadLetters): Promise<BulkPage> {
  const { results, next } = await post<DeadLetterActionResults>(routes.actOnDeadLetters.path, request)
  return { results: results.map(({ identity, outcome, says }) => ({ target: identity, outcome, says })), next }
}

function pagesOf(letters: readonly Letter[]): readonly { readonly service: string; readonly identities: string[] }[] {
  const services = [...new Set(letters.map(({ service }) => service))]
  return services.flatMap(service => {
    const identities = letters.filter(letter => letter.service === service).map(({ identity }) => identity)
    const count = Math.ceil(identities.length / itemsMax)
    return Array.from({ length: count }, (_, at) => ({
      service,
      identities: identities.slice(at * itemsMax, (at + 1) * itemsMax),
    }))
  })
}
