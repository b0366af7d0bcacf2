import { type Command, Option } from 'commander'
import { MakegoodError } from '../model/errors.ts'
import type { Found } from '../operations/client.ts'
import type { RequestedAction, SagaActionResult, SagaItem } from '../operations/contract.ts'
import { type ActingFlags, act, actingOptions, inPages } from './acting.ts'
import { asks, type Work } from './asking.ts'
import { json } from './flag-values.ts'
import { gathered, rowsMax } from './pages.ts'
import { type SagaFilterFlags, sagaFilterOf, sagaFilterOptions } from './saga-query.ts'
import { note, type Said } from './said.ts'
import { stuckGroup } from './stuck-group.ts'
import { type Desk, nowOf } from './terminal.ts'
import { type Text, text, yellow } from './text.ts'

/** `makegood sagas retry` and the others, each on sagas that are named, that a filter finds, or of a failure group. */
export function sagaActionCommands(desk: Desk, sagas: Command): void {
  const acts = (command: Command, actionOf: (flags: ActionFlags) => RequestedAction) =>
    asks<ActionFlags>(desk, actingOptions(command), (work, ids: readonly string[]) =>
      actOnSagas(work, ids, actionOf(work.flags)),
    )
  const action = (kind: RequestedAction['kind'], description: string, step?: Option) => {
    const command = sagas.command(kind).description(description).argument('[ids...]', 'of sagas')
    command.option('--revision <revision>', 'only if it has not changed since `sagas show --json` said so')
    command.option('--all', `all there are, if no filter says which; up to ${rowsMax} of each service`)
    command.option('--group <fingerprint>', 'all stuck sagas of this failure group')
    command.option('--service <name>', 'only of this service')
    return sagaFilterOptions(command, () => nowOf(desk.terminal), step)
  }

  acts(action('retry', 'Send what is open again, now, as a new attempt.'), () => ({ kind: 'retry' }))
  acts(action('compensate', 'Undo what sagas have done.'), () => ({ kind: 'compensate' }))
  acts(action('skip', 'Close what is open in a step, and go on without it.', theStep), ({ step }) => ({
    kind: 'skip',
    step: step!,
  }))
  acts(
    action('resolve', 'Close what is open in a step, and go on as if it had replied so.', theStep).addOption(theReply),
    ({ step, reply }) => ({ kind: 'resolve', step: step!, reply }),
  )
  acts(action('abandon', 'End sagas as they are: nothing is undone. For admins.'), () => ({ kind: 'abandon' }))
}

const theStep: Option = new Option(
  '--step <name>',
  'which; with a filter, of those in which it is open',
).makeOptionMandatory()

const theReply: Option = new Option('--reply <json>', 'what it is to have replied; or @ and the path of a file')
  .argParser(json)
  .makeOptionMandatory()

interface ActionFlags extends SagaFilterFlags, ActingFlags {
  readonly revision?: string
  readonly all?: true
  readonly group?: string
  readonly reply?: unknown
}

async function actOnSagas(work: Work<ActionFlags>, ids: readonly string[], action: RequestedAction): Promise<Said> {
  const { client, flags, terminal } = work
  const found = await chosen(work, ids)
  if (found.interrupted) return { document: { results: [], interrupted: true }, page: text`Nothing was done.` }
  const items = new Map(found.items.map(item => [item.id, item]))

  async function* carryOut(dryRun: boolean, reason: string) {
    const pages = inPages([...items.values()])
    yield { results: [], unreachable: found.unreachable, isLast: pages.length === 0 }
    for (const [at, page] of pages.entries()) {
      const { results, unreachable } = await client.actOnSagas({ items: page, action, reason, dryRun })
      for (const { id, outcome, saga } of results) {
        // What is looked at now is what the answer will be about.
        if (outcome === 'would be done' && saga !== null) items.set(id, { id, revision: saga.revision })
      }
      yield { results, unreachable, isLast: at === pages.length - 1 }
    }
  }

  const deed = { noun: 'saga', verb: action.kind, isFound: ids.length === 0, carryOut, nameOf }
  return act<SagaActionResult>(deed, flags, terminal)
}

/** @throws MakegoodError `OPTION_INVALID` if it is not said which, or in two ways */
async function chosen(
  { client, flags, terminal }: Work<ActionFlags>,
  ids: readonly string[],
): Promise<Found<{ readonly items: readonly SagaItem[]; readonly interrupted?: boolean }>> {
  const { all, group, revision } = flags
  const isFound = all !== undefined || group !== undefined || isFiltered(flags)
  if (isFound === ids.length > 0) throw misused(sayWhich)
  if (revision !== undefined && ids.length !== 1) throw misused('A revision is that of one saga: name it.')
  if (!isFound) return { items: ids.map(id => ({ id, ...(revision !== undefined && { revision }) })), unreachable: [] }

  const members = group === undefined ? undefined : await stuckGroup(client, group)
  const filter = { ...sagaFilterOf(flags), ...members?.filter }
  const { services, ...rest } = await gathered('sagas', client.sagas, { ...filter, limit: rowsMax }, terminal)
  if (services.some(({ next }) => next !== null)) {
    note(yellow(`There are more than ${rowsMax}: do it again for the rest.`), terminal)
  }
  const sagas = services.flatMap(({ sagas }) => sagas).filter(saga => members?.has(saga) ?? true)
  return { items: sagas.map(({ id, revision }) => ({ id, revision })), ...rest }
}

/** A service or a step alone may be there beside an id that was forgotten. */
function isFiltered(flags: ActionFlags): boolean {
  const { service, step, ...filter } = sagaFilterOf(flags)
  return Object.keys(filter).length > 0
}

const sayWhich = 'Say which: their ids, or a filter such as --status stuck --definition checkout, or --group, or --all.'

function misused(says: string): MakegoodError {
  return new MakegoodError('OPTION_INVALID', says)
}

function nameOf({ id, saga }: SagaActionResult): Text {
  return saga === null ? text`${id}` : text`${id} (${saga.definition} ${saga.key})`
}
