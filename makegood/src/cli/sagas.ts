import { type Command, Option } from 'commander'
import { refusesCaller, type SagaFound, type Unreachable } from '../operations/client.ts'
import type { SagaDefinitionView, SagaQuery } from '../operations/contract.ts'
import { asks, type Work } from './asking.ts'
import { gathered, type PageFlags, pageOptions, pageQueryOf } from './pages.ts'
import { type RevealFlags, revealOf, revealOptions } from './revealing.ts'
import { sagaActionCommands } from './saga-actions.ts'
import { sagasPage } from './saga-lines.ts'
import { sagaPage } from './saga-page.ts'
import { type SagaFilterFlags, sagaFilterOf, sagaFilterOptions } from './saga-query.ts'
import { exitOf, type Said } from './said.ts'
import { type Desk, exits, nowOf } from './terminal.ts'
import { lines, nothing, text } from './text.ts'

export function sagasCommands(desk: Desk, makegood: Command): void {
  const sagas = makegood.command('sagas').description('Look at sagas, and act on them.')
  const now = () => nowOf(desk.terminal)

  const list = sagas
    .command('list')
    .description('Sagas, newest first.')
    .addOption(new Option('--order <order>', 'by their start').choices(['newest', 'oldest']).default('newest'))
  asks<ListFlags>(desk, pageOptions(sagaFilterOptions(list, now)), listSagas)

  const show = sagas
    .command('show')
    .description('One saga: why it stands as it does, its way, its messages in all services, and what can be done.')
    .argument('<id or key>', 'its id, its business key, or what stands in its data')
  asks<RevealFlags>(desk, revealOptions(show), showSaga)

  sagaActionCommands(desk, sagas)
}

type ListFlags = SagaFilterFlags & PageFlags & { readonly order: 'newest' | 'oldest' }

async function listSagas({ client, flags, terminal }: Work<ListFlags>): Promise<Said> {
  const query: SagaQuery & { limit: number } = { ...sagaFilterOf(flags), ...pageQueryOf(flags), order: flags.order }
  const found = await gathered('sagas', client.sagas, query, terminal)
  return { document: found, page: sagasPage(found.services, terminal) }
}

async function showSaga({ client, flags, terminal }: Work<RevealFlags>, asked: string): Promise<Said> {
  const reveal = revealOf(flags)
  const byId = await client.saga(asked, reveal)
  if (byId.saga !== undefined) return inFull(byId.saga, byId.unreachable)
  if (byId.unreachable.some(refusesCaller))
    return { document: { saga: null, unreachable: byId.unreachable }, page: nothing }

  const byKey = await client.sagas({ key: asked })
  const ids = byKey.services.flatMap(({ sagas }) => sagas.map(({ id }) => id))
  if (ids.length === 1) {
    const { saga, unreachable } = await client.saga(ids[0]!, reveal)
    if (saga !== undefined) return inFull(saga, unreachable)
  }
  // What a customer calls their number may stand anywhere in the data.
  const maybe = ids.length > 0 ? byKey : await client.sagas({ text: asked })
  const isThere = maybe.services.some(({ sagas }) => sagas.length > 0)
  return {
    document: { saga: null, ...maybe },
    page: isThere
      ? lines(text`Which of these?`, sagasPage(maybe.services, terminal))
      : text`None of the services that answered has a saga with ${asked} for its id, its key, or in its data.`,
    exit: exitOf(maybe.unreachable) || exits.refused,
  }

  async function inFull(saga: SagaFound, unreachable: readonly Unreachable[]): Promise<Said> {
    // Without it the page knows less, and is still worth reading.
    const hosted = await client.definitions({ service: saga.service }).catch(() => undefined)
    const definition = hosted?.services.flatMap(({ sagas }) => sagas).find(isDefinitionOf(saga))
    return { document: { saga, unreachable }, page: sagaPage(saga, definition, terminal) }
  }
}

function isDefinitionOf(saga: SagaFound): (candidate: SagaDefinitionView) => boolean {
  return ({ name, version }) => name === saga.definition && version === saga.version
}
