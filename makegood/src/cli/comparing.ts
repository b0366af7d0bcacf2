import type { OperationsClient, Unreachable } from '../operations/client.ts'
import type { SagaQuery, SagaView } from '../operations/contract.ts'
import { type Difference, differencesIn } from '../operations/differences.ts'
import type { Finding } from '../operations/findings.ts'
import type { Work } from './asking.ts'
import { gathered, rowsMax } from './pages.ts'
import { Progress } from './progress.ts'
import { interruptible, type Terminal } from './terminal.ts'
import { text } from './text.ts'

/** What sagas say that was done, against what the services that do it have on record. */
export interface Compared {
  readonly since: string
  /** How many sagas were looked at. */
  readonly sagas: number
  /** Whether there are more than are looked at, or it was ended before it was through. */
  readonly more: boolean
  readonly differences: readonly (Difference & { readonly of: readonly Concerned[] })[]
  readonly unreachable: readonly Unreachable[]
}

/** Key and status are null for a saga that nobody leads. */
interface Concerned extends Pick<SagaView, 'id'> {
  readonly key: string | null
  readonly status: SagaView['status'] | null
}

/** How many sagas are asked for at the same time. */
const askedAtOnce = 8

/**
 * Looks one by one at all sagas that were begun since, or of whose steps a service was asked for one: up to 10 000 of each
 * service. While one of the services does not answer nothing can be said.
 */
export async function compare({ client, terminal }: Work<unknown>, since: string): Promise<Compared> {
  const found = await concerned(client, since, terminal)
  const unreachable = [...found.unreachable]
  const hosting = (await client.definitions()).services
  const groups = new Map<string, { readonly difference: Difference; readonly of: Concerned[] }>()
  const note = (difference: Difference, saga: Concerned) => {
    const { kind, service, what } = difference
    const name = JSON.stringify([kind, service, what])
    const group = groups.get(name) ?? { difference, of: [] }
    group.of.push(saga)
    groups.set(name, group)
  }
  let looked = 0
  const left = found.asked.entries()
  const lookAtSome = async (signal: AbortSignal, progress: Progress) => {
    for (const [id, services] of left) {
      if (signal.aborted || unreachable.length > 0) return
      const answer = await client.saga(id)
      unreachable.push(...answer.unreachable)
      if (answer.unreachable.length > 0) return
      looked += 1
      const { saga } = answer
      if (saga === undefined)
        for (const service of services) note({ kind: 'unknown', service, what: '' }, { id, key: null, status: null })
      else for (const difference of differencesIn(saga, hosting)) note(difference, saga)
      progress.at(text`${looked} of ${found.asked.size} sagas compared …`)
    }
  }
  await interruptible(terminal, async signal => {
    const progress = new Progress(terminal)
    try {
      await Promise.all(Array.from({ length: askedAtOnce }, () => lookAtSome(signal, progress)))
    } finally {
      progress.end()
    }
  })
  return {
    since,
    sagas: looked,
    more: found.more || looked < found.asked.size,
    differences: [...groups.values()].map(({ difference, of }) => ({
      ...difference,
      of: of.map(({ id, key, status }) => ({ id, key, status })),
    })),
    unreachable,
  }
}

interface Found {
  /** By id, the services that were asked for a step. */
  readonly asked: ReadonlyMap<string, readonly string[]>
  readonly more: boolean
  readonly unreachable: readonly Unreachable[]
}

async function concerned(client: OperationsClient, since: string, terminal: Terminal): Promise<Found> {
  const sagasBegun = { startedAfter: since, limit: rowsMax } satisfies SagaQuery
  const begun = await gathered('sagas', (query: typeof sagasBegun) => client.sagas(query), sagasBegun, terminal)
  const parts = await gathered('sagaIds', client.participations, { since, limit: rowsMax }, terminal)
  const asked = new Map<string, readonly string[]>()
  for (const { sagas } of begun.services) for (const { id } of sagas) asked.set(id, [])
  for (const { service, sagaIds } of parts.services) {
    for (const id of new Set(sagaIds)) asked.set(id, [...(asked.get(id) ?? []), service])
  }
  const lists = [begun, parts]
  return {
    asked,
    more: lists.some(({ services, interrupted }) => interrupted || services.some(({ next }) => next !== null)),
    unreachable: [...begun.unreachable, ...parts.unreachable].filter(
      ({ url }, at, all) => all.findIndex(each => each.url === url) === at,
    ),
  }
}

/** What somebody should look into. Of services that are away it is said elsewhere. */
export function findingsIn({ sagas, more, differences, unreachable }: Compared): readonly Finding[] {
  const says = `Only ${sagas === 1 ? '1 saga was' : `${sagas} sagas were`} compared, and there are more.`
  return [
    ...differences.map(findingOn),
    ...(more && unreachable.length === 0 ? [{ says, todo: 'Compare again, with a later --since.', runbook }] : []),
  ]
}

function findingOn({ kind, service, what, of }: Compared['differences'][number]): Finding {
  const named = of.slice(0, 3).map(({ id, key }) => key ?? id)
  const sagas = `${of.length} saga${of.length === 1 ? '' : 's'} (${named.join(', ')}${of.length > named.length ? ' …' : ''})`
  switch (kind) {
    case 'forgotten':
      return {
        says: `Of ${sagas} the step ${what} succeeded, and ${service} has no record of it.`,
        todo: `Look into the tables of ${service}: do again by hand what is not there, or compensate the saga.`,
        runbook,
      }
    case 'not undone':
      return {
        says: `${service} has done the step ${what} of ${sagas}, and that ended without it.`,
        todo: `Undo it by hand in ${service}, or bring the order to its end by hand.`,
        runbook,
      }
    case 'unheard':
      return {
        says: `${service} has not received ${what}, with which ${sagas} ended.`,
        todo: `Do by hand what ${service} does when it hears of it.`,
        runbook,
      }
    case 'heard twice':
      return {
        says: `${service} has received ${what}, with which ${sagas} ended, more than once.`,
        todo: `Undo by hand what ${service} has done twice.`,
        runbook,
      }
    case 'unknown':
      return {
        says: `${service} was asked for steps of ${sagas}, of which no service knows.`,
        todo: `See what ${service} has done for them, and undo it by hand or take the order again.`,
        runbook,
      }
  }
}

const runbook = 'restore'
