import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { MakegoodError } from '../model/errors.ts'
import type { OperationsClient, Unreachable } from '../operations/client.ts'
import type { ActOnDeadLetters, DeadLetterAction, Outcome } from '../operations/contract.ts'
import { type ActingFlags, act, actingOptions, inPages, type Page } from './acting.ts'
import { asks, type Work } from './asking.ts'
import { json, wholeNumber } from './flag-values.ts'
import { waitingIn } from './messages.ts'
import type { Said } from './said.ts'
import type { Desk } from './terminal.ts'
import { type Text, text } from './text.ts'

/** `makegood dead-letters redrive` and `discard`: on letters that are named, or on all of a failure group. */
export function letterActionCommands(desk: Desk, letters: Command): void {
  const action = (name: string, description: string) =>
    letters
      .command(name)
      .description(description)
      .argument('[identities...]', 'of letters')
      .option('--group <fingerprint>', 'all of this failure group')
      .option('--service <name>', 'only those that this service received')

  const redrive = action('redrive', 'Have letters handled again, their attempts counted anew.')
    .option('--per-second <letters>', 'no faster than that', wholeNumber(1, 1_000))
    .option('--payload <json>', 'another payload for one letter, or @ and the path of a file. For admins', json)
  asks<ActionFlags>(desk, actingOptions(redrive), (work, identities: readonly string[]) => {
    const { perSecond, payload } = work.flags
    if (payload !== undefined && identities.length !== 1)
      throw misused('A payload takes the place of that of one letter: name it.')
    return actOnLetters(work, identities, {
      kind: 'redrive',
      ...(perSecond !== undefined && { perSecond }),
      ...(payload !== undefined && { payload }),
    })
  })

  const discard = action('discard', 'Take letters out of the dead letters for good; their record stays. For admins.')
  asks<ActionFlags>(desk, actingOptions(discard), (work, identities: readonly string[]) =>
    actOnLetters(work, identities, { kind: 'discard' }),
  )
}

interface ActionFlags extends ActingFlags {
  readonly service?: string
  readonly group?: string
  readonly perSecond?: number
  readonly payload?: unknown
}

interface Result {
  readonly service: string | null
  readonly identity: string
  readonly outcome: Outcome
  readonly says: string
}

async function actOnLetters(
  { client, flags, terminal }: Work<ActionFlags>,
  identities: readonly string[],
  action: DeadLetterAction,
): Promise<Said> {
  const { group } = flags
  if (identities.length > 0 === (group !== undefined)) throw misused('Say which: their identities, or --group.')
  const found =
    group === undefined ? await named(client, identities, flags.service) : await inGroup(client, group, flags.service)

  async function* carryOut(dryRun: boolean, reason: string, signal: AbortSignal): AsyncGenerator<Page<Result>> {
    yield { results: found.unknown, unreachable: found.unreachable, isLast: found.choices.length === 0 }
    for (const [at, { service, letters }] of found.choices.entries()) {
      const isLastChoice = at === found.choices.length - 1
      for (let after: string | null | undefined; after !== null; ) {
        const chosen = 'fingerprint' in letters && after !== undefined ? { ...letters, after } : letters
        const { results, next } = await client.actOnDeadLetters({ service, letters: chosen, action, reason, dryRun })
        after = next
        const isLast = isLastChoice && next === null
        if (!dryRun && !isLast) await pauseAfter(results.length, flags.perSecond, signal)
        yield { results: results.map(result => ({ ...result, service })), unreachable: [], isLast }
      }
    }
  }

  const deed = { noun: 'dead letter', verb: action.kind, isFound: group !== undefined, carryOut, nameOf }
  return act<Result>(deed, flags, terminal)
}

interface Chosen {
  /** Each of one service, and not more than one request may have. */
  readonly choices: readonly Pick<ActOnDeadLetters, 'service' | 'letters'>[]
  /** Named, and no dead letter of any service that answered. */
  readonly unknown: readonly Result[]
  readonly unreachable: readonly Unreachable[]
}

async function named(
  client: OperationsClient,
  identities: readonly string[],
  service: string | undefined,
): Promise<Chosen> {
  if (service !== undefined) return { choices: choicesOf(service, identities), unknown: [], unreachable: [] }
  const receivers = new Map<string, string[]>()
  const unknown: Result[] = []
  const unreachable = new Map<string, Unreachable>()
  for (const identity of identities) {
    const found = await client.deadLetters({ identity })
    const letters = waitingIn(found.services)
    for (const letter of letters) receivers.set(letter.service, [...(receivers.get(letter.service) ?? []), identity])
    for (const each of found.unreachable) unreachable.set(each.url, each)
    if (letters.length === 0) unknown.push({ service: null, identity, outcome: 'unknown', says: nobodyHasIt })
  }
  const choices = [...receivers].flatMap(([receiver, its]) => choicesOf(receiver, its))
  return { choices, unknown, unreachable: [...unreachable.values()] }
}

const nobodyHasIt = 'It is not a dead letter of a service that answered.'

function choicesOf(service: string, identities: readonly string[]): Chosen['choices'] {
  return inPages(identities).map(page => ({ service, letters: { identities: page } }))
}

async function inGroup(client: OperationsClient, fingerprint: string, service: string | undefined): Promise<Chosen> {
  const { services, unreachable } = await client.failures(service === undefined ? {} : { service })
  const having = services.filter(({ groups }) =>
    groups.some(group => group.fingerprint === fingerprint && group.kind === 'dead letter'),
  )
  return {
    choices: having.map(({ service }) => ({ service, letters: { fingerprint } })),
    unknown: [],
    unreachable,
  }
}

/** A request spreads its own letters over time; the next one begins when those have had their turn. */
async function pauseAfter(letters: number, perSecond: number | undefined, signal: AbortSignal): Promise<void> {
  if (perSecond === undefined) return
  await sleep((letters / perSecond) * 1_000, undefined, { signal }).catch(() => undefined)
}

function nameOf({ service, identity }: Result): Text {
  return service === null ? text`${identity}` : text`${identity} in ${service}`
}

function misused(says: string): MakegoodError {
  return new MakegoodError('OPTION_INVALID', says)
}
