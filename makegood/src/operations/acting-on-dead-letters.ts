import { validate } from '../definition/schema.ts'
import type { InboxEntry } from '../ports/store.ts'
import { forbids } from './access.ts'
import { refuseField } from './checking.ts'
import {
  type ActOnDeadLetters,
  type Caller,
  type DeadLetterAction,
  type DeadLetterActionResults,
  itemsMax,
  mayAct,
  rolesOfActions,
} from './contract.ts'
import { declarationOf } from './message-views.ts'
import { failing, type Told } from './outcomes.ts'
import { type OperatedService, refuseCursorAt, type Services, serviceNamed } from './services.ts'

/** Redrives or discards dead letters of one service, in one transaction, or says what would become of them. */
export async function actOnDeadLetters(
  services: Services,
  { service: name, letters, action, reason, dryRun = false }: ActOnDeadLetters,
  caller: Caller,
): Promise<DeadLetterActionResults> {
  const service = serviceNamed(services, name, 'body.service')
  if (payloadIn(action) !== undefined && !('identities' in letters && letters.identities.length === 1))
    refuseField('body.action.payload', 'takes the place of that of one letter, which has to be named')
  const { identities, next } = await chosen(service, letters)
  const told = await toldOf(service, identities, { action, reason, dryRun, caller })
  return { results: identities.map(identity => ({ identity, ...told(identity) })), next }
}

interface Deed {
  readonly action: DeadLetterAction
  readonly reason: string
  readonly dryRun: boolean
  readonly caller: Caller
}

/** What is to be said of each letter. */
async function toldOf(
  service: OperatedService,
  identities: readonly string[],
  { action, reason, dryRun, caller }: Deed,
): Promise<(identity: string) => Told> {
  const kind = payloadIn(action) === undefined ? action.kind : 'edit'
  const needed = rolesOfActions[kind]
  if (!mayAct(caller.role, needed)) {
    const says = forbids(caller, needed, `To ${kind} a dead letter`)
    return () => ({ outcome: 'forbidden', says })
  }
  const entries = new Map((await service.queries.inboxRows(identities)).map(entry => [entry.identity, entry]))
  if (dryRun) return previewed(service, entries, action)
  try {
    const done = new Set(await doneTo(service, identities, action, { by: caller.name, reason }))
    const says =
      action.kind === 'discard' ? 'It is taken away; its record stays.' : 'It is parked, to be handled again.'
    return identity => (done.has(identity) ? { outcome: 'done', says } : notDone(entries.get(identity)))
  } catch (error) {
    const told = failing(error)
    return () => told
  }
}

function payloadIn(action: DeadLetterAction): unknown {
  return action.kind === 'redrive' ? action.payload : undefined
}

/** Those that are named, or a page of a group: whoever goes on behind it meets none again that has come back. */
async function chosen(
  { queries }: OperatedService,
  letters: ActOnDeadLetters['letters'],
): Promise<{ readonly identities: readonly string[]; readonly next: string | null }> {
  if ('identities' in letters) return { identities: [...new Set(letters.identities)], next: null }
  const page = queries.inbox({ ...letters, state: 'dead', limit: itemsMax })
  const { rows, next } = await page.catch(refuseCursorAt('body.letters.after'))
  return { identities: rows.map(({ identity }) => identity), next: next ?? null }
}

/** Resolves with those that were dead letters. */
function doneTo(
  service: OperatedService,
  identities: readonly string[],
  action: DeadLetterAction,
  deed: { readonly by: string; readonly reason: string },
): Promise<readonly string[]> {
  if (action.kind === 'discard') return service.discard(identities, deed)
  const { perSecond, payload } = action
  return service.redrive(identities, {
    ...deed,
    ...(perSecond === undefined ? {} : { spacingMs: 1_000 / perSecond }),
    ...(payload === undefined ? {} : { payload }),
  })
}

async function previewed(
  { hosts }: OperatedService,
  entries: ReadonlyMap<string, InboxEntry>,
  action: DeadLetterAction,
): Promise<(identity: string) => Told> {
  const [edited] = payloadIn(action) === undefined ? [] : entries.values()
  const trouble = edited && (await troubleWith(edited, payloadIn(action), hosts))
  return identity => {
    const entry = entries.get(identity)
    if (!isDeadLetter(entry)) return notDone(entry)
    if (trouble !== undefined) return { outcome: 'refused', says: trouble }
    const says = action.kind === 'discard' ? 'It would be taken away.' : 'It would be parked, to be handled again.'
    return { outcome: 'would be done', says }
  }
}

async function troubleWith(
  entry: InboxEntry,
  payload: unknown,
  hosts: OperatedService['hosts'],
): Promise<string | undefined> {
  const declaration = declarationOf(entry, hosts)
  if (declaration?.editable !== true)
    return `What came as ${entry.type} may not be edited: it is not declared \`editable\`.`
  const { issues } = await validate(declaration.payload, payload)
  return issues === undefined ? undefined : `${entry.type}: ${issues}`
}

function notDone(entry: InboxEntry | undefined): Told {
  if (entry === undefined) return { outcome: 'unknown', says: 'There is no such message here.' }
  if (isDeadLetter(entry)) return { outcome: 'outdated', says: 'Somebody else has dealt with it meanwhile.' }
  const { state, custody } = entry.handling
  const says = state === 'dead' && custody === undefined ? 'It was taken away before' : `It is ${state}`
  return { outcome: 'refused', says: `${says}: it is no dead letter.` }
}

function isDeadLetter(entry: InboxEntry | undefined): boolean {
  return entry?.handling.state === 'dead' && entry.handling.custody !== undefined
}
