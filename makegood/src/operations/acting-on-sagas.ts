import type { Effect as EngineEffect } from '../engine/effect.ts'
import type { Masking } from '../engine/masking.ts'
import type { Request } from '../model/saga-state.ts'
import { forbids } from './access.ts'
import {
  type ActOnSagas,
  type Caller,
  type Effect,
  mayAct,
  rolesOfActions,
  type SagaActionResult,
  type SagaActionResults,
  type SagaItem,
  type SagaView,
} from './contract.ts'
import { failing, saysThatStoreIsAway, type Told } from './outcomes.ts'
import { documentsOfSaga, sagaView } from './saga-views.ts'
import type { OperatedService, Services } from './services.ts'

/** Does to each saga what is asked, or says what would be done, in the order given. What becomes of one is its own matter. */
export async function actOnSagas(
  services: Services,
  { items, action, reason, dryRun = false }: ActOnSagas,
  masking: Masking,
  caller: Caller,
): Promise<SagaActionResults> {
  const ids = items.map(({ id }) => id)
  const holders = await holdersOf(services, ids)
  const request: Request = { action, by: caller.name, reason }
  const circumstances = { dryRun, caller, away: new Set<OperatedService>() }
  const told: Done[] = []
  for (const item of items) told.push(await actOnOne(holders.get(item.id), item, request, circumstances))
  const views = await viewsOf(new Set(holders.values()), ids, masking)
  const mask = masking.over([])
  return { results: told.map(each => ({ ...each, says: mask.text(each.says), saga: views.get(each.id) ?? null })) }
}

type Done = Omit<SagaActionResult, 'saga'>

interface Circumstances {
  readonly dryRun: boolean
  readonly caller: Caller
  /** Those whose database does not answer any more: two hundred that each wait for it would wait for long. */
  readonly away: Set<OperatedService>
}

async function actOnOne(
  service: OperatedService | undefined,
  { id, revision }: SagaItem,
  request: Request,
  { dryRun, caller, away }: Circumstances,
): Promise<Done> {
  const told = (says: Told, effect: Effect | null = null): Done => ({
    id,
    service: service?.name ?? null,
    ...says,
    effect,
  })
  const { kind } = request.action
  const needed = rolesOfActions[kind]
  if (!mayAct(caller.role, needed))
    return told({ outcome: 'forbidden', says: forbids(caller, needed, `To ${kind} a saga`) })
  if (service === undefined) return told({ outcome: 'unknown', says: `No service here has a saga ${id}.` })
  if (away.has(service)) return told({ outcome: 'failed', says: 'It was not tried: the database does not answer.' })
  try {
    const on = revision === undefined ? {} : { revision }
    if (dryRun) {
      const effect = effectView(await service.preview(id, request, on))
      return told({ outcome: 'would be done', says: `It would go ${inWords(effect)}` }, effect)
    }
    const effect = effectView((await service.request(id, request, on)).effect)
    return told({ outcome: 'done', says: `It went ${inWords(effect)}` }, effect)
  } catch (error) {
    if (saysThatStoreIsAway(error)) away.add(service)
    return told(failing(error))
  }
}

/** Which service has which saga. */
async function holdersOf(services: Services, ids: readonly string[]): Promise<ReadonlyMap<string, OperatedService>> {
  const found = services.map(async service => {
    const rows = await service.queries.sagasById(ids)
    return rows.map(({ id }) => [id, service] as const)
  })
  return new Map((await Promise.all(found)).flat())
}

/** As they are now, as far as that can be known: what was done was done. */
async function viewsOf(
  services: ReadonlySet<OperatedService>,
  ids: readonly string[],
  masking: Masking,
): Promise<ReadonlyMap<string, SagaView>> {
  const found = [...services].map(async ({ queries }) => {
    const rows = await queries.sagasById(ids).catch(() => [])
    return rows.map(row => [row.id, sagaView(row, masking.over(documentsOfSaga(row)))] as const)
  })
  return new Map((await Promise.all(found)).flat())
}

function effectView({ journal, ...effect }: EngineEffect): Effect {
  return { ...effect, journal: journal.map(({ kind, step }) => ({ kind, step: step ?? null })) }
}

/** `from completed to compensating, and sends payment.refund for payment. It undoes payment.` */
function inWords({ from, to, sends, publishes, undoes, leaves }: Effect): string {
  const sending = sends.map(({ command, step, direction }) =>
    direction === 'close' ? `asks ${command} to close ${step}` : `sends ${command} for ${step}`,
  )
  const follows = [...sending, ...publishes.map(type => `publishes ${type}`)]
  return [
    `${from === to ? `on as it is, ${to}` : `from ${from} to ${to}`}${follows.map(each => `, and ${each}`).join('')}.`,
    ...(undoes.length === 0 ? [] : [`To be undone: ${undoes.map(stage => stage.join(' and ')).join(', then ')}.`]),
    ...(leaves.open.length === 0 ? [] : [`Asked for and not answered, so perhaps done: ${leaves.open.join(', ')}.`]),
    ...(leaves.done.length === 0 ? [] : [`Done, and not undone: ${leaves.done.join(', ')}.`]),
  ].join(' ')
}
