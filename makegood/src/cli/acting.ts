import type { Command } from 'commander'
import { MakegoodError } from '../model/errors.ts'
import { type Unreachable, UnreachableError } from '../operations/client.ts'
import { itemsMax, type Outcome } from '../operations/contract.ts'
import { Progress } from './progress.ts'
import { exitOf, note, type Said, unreachableLine } from './said.ts'
import { type Exit, exits, interruptible, type Terminal } from './terminal.ts'
import { bold, dim, green, joined, lines, nothing, red, type Shown, type Text, text, yellow } from './text.ts'

/** What is to be done to one or to many, page by page. */
export interface Deed<Result extends Outcoming> {
  /** What one of them is called, like `saga`; several have an s. */
  readonly noun: string
  /** Like `retry`. */
  readonly verb: string
  /** Found by what they have in common, and not named one by one: nobody has looked at each. */
  readonly isFound: boolean
  /** Each step has done one page; between two of them it may be ended. A dry run says what would be done. */
  carryOut(dryRun: boolean, reason: string, signal: AbortSignal): AsyncIterable<Page<Result>>
  nameOf(result: Result): Shown
}

export interface Outcoming {
  readonly outcome: Outcome
  readonly says: string
}

export interface Page<Result> {
  readonly results: readonly Result[]
  readonly unreachable: readonly Unreachable[]
  readonly isLast: boolean
}

export interface ActingFlags {
  readonly reason?: string
  readonly dryRun?: true
  readonly yes?: true
}

export function actingOptions(command: Command): Command {
  return command
    .option('--reason <text>', 'why, for whoever reads the audit; at a terminal you are asked for it')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--yes', 'do not ask')
}

/**
 * Shows what would be done, asks for the reason and whether to go on, does it, and says what became of it. Where nobody
 * can be asked, what is named is done at once, and what is found needs `--yes`.
 */
export async function act<Result extends Outcoming>(
  deed: Deed<Result>,
  flags: ActingFlags,
  terminal: Terminal,
): Promise<Said> {
  const { ask } = terminal
  const { reason, dryRun, yes } = flags
  if (dryRun) return saidOf(deed, await carryOut(deed, true, reason ?? 'a dry run', terminal))
  if (ask === undefined) {
    if (reason === undefined) throw misused('Say why by --reason: it goes into the audit.')
    if (deed.isFound && !yes) throw misused('Nobody can be asked here: look at it with --dry-run, then say --yes.')
    return saidOf(deed, await carryOut(deed, false, reason, terminal))
  }
  if (!yes) {
    const preview = await carryOut(deed, true, reason ?? 'a dry run', terminal)
    const willing = preview.results.filter(({ outcome }) => outcome === 'would be done').length
    if (willing === 0 || preview.isInterrupted) return saidOf(deed, preview)
    note(lines(pageOf(deed, preview), ...preview.unreachable.map(unreachableLine)), terminal)
    const answer = await answerTo(ask, `${capital(deed.verb)} ${counted(willing, deed.noun)}? [y/N] `)
    if (!/^y(es)?$/i.test(answer)) return nothingDone
  }
  const why = reason ?? (await answerTo(ask, 'Why? It goes into the audit: '))
  return why === '' ? nothingDone : saidOf(deed, await carryOut(deed, false, why, terminal))
}

const nothingDone: Said = { document: { results: [] }, page: text`Nothing was done.`, exit: exits.refused }

/** Empty for none. */
async function answerTo(ask: NonNullable<Terminal['ask']>, question: string): Promise<string> {
  return (await ask(question).catch(() => '')).trim()
}

// ── Page by page ────────────────────────────────────────────────────────────────────────────────────────────────────

interface Account<Result> {
  readonly isDry: boolean
  readonly results: readonly Result[]
  readonly unreachable: readonly Unreachable[]
  readonly isInterrupted: boolean
  /** The last page got no answer. */
  readonly isUnanswered: boolean
}

function carryOut<Result extends Outcoming>(
  deed: Deed<Result>,
  isDry: boolean,
  reason: string,
  terminal: Terminal,
): Promise<Account<Result>> {
  return interruptible(terminal, async signal => {
    const results: Result[] = []
    const unreachable = new Map<string, Unreachable>()
    const progress = new Progress(terminal)
    let isInterrupted = false
    let isUnanswered = false
    try {
      for await (const page of deed.carryOut(isDry, reason, signal)) {
        results.push(...page.results)
        for (const each of page.unreachable) unreachable.set(each.url, each)
        progress.at(text`${isDry ? 'Looking' : capital(deed.verb)}: ${counted(results.length, deed.noun)} so far …`)
        // Who interrupts what only looks does not want it done.
        isInterrupted = signal.aborted && (isDry || !page.isLast)
        if (isInterrupted) break
      }
    } catch (error) {
      // What was done before is to be told all the same.
      if (!(error instanceof UnreachableError)) throw error
      unreachable.set(error.unreachable.url, error.unreachable)
      isUnanswered = true
    } finally {
      progress.end()
    }
    return { isDry, results, unreachable: [...unreachable.values()], isInterrupted, isUnanswered }
  })
}

/** As many as one request may act on. */
export function inPages<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const pages = Math.ceil(items.length / itemsMax)
  return [...Array(pages).keys()].map(page => items.slice(page * itemsMax, (page + 1) * itemsMax))
}

// ── What became of it ───────────────────────────────────────────────────────────────────────────────────────────────

function saidOf<Result extends Outcoming>(deed: Deed<Result>, account: Account<Result>): Said {
  const { isDry, results, unreachable, isInterrupted, isUnanswered } = account
  return {
    document: { dryRun: isDry, interrupted: isInterrupted, unanswered: isUnanswered, results, unreachable },
    page: pageOf(deed, account),
    exit: exitOfAccount(account),
  }
}

function exitOfAccount({ isDry, results, unreachable, isInterrupted, isUnanswered }: Account<Outcoming>): Exit {
  if (isInterrupted) return exits.interrupted
  if (isUnanswered) return exitOf(unreachable)
  if (results.length === 0) return exitOf(unreachable)
  const undone = results.filter(({ outcome }) => outcome !== wanted(isDry))
  if (undone.length === 0) return exits.done
  const isOpen = undone.every(({ outcome }) => outcome === 'unknown' || outcome === 'failed')
  return (isOpen && exitOf(unreachable)) || exits.refused
}

function wanted(isDry: boolean): Outcome {
  return isDry ? 'would be done' : 'done'
}

/** All that was not to be is told, up to a screenful, and some of what was. */
function pageOf<Result extends Outcoming>(deed: Deed<Result>, account: Account<Result>): Text {
  const { isDry, results, isInterrupted, isUnanswered } = account
  if (results.length === 0 && !isUnanswered) return text`There is no ${deed.noun} to ${deed.verb}.`
  const isWanted = ({ outcome }: Result) => outcome === wanted(isDry)
  const line = (result: Result) => {
    const { outcome, says } = result
    const shown = (isWanted(result) ? green : outcome === 'failed' ? red : yellow)(outcome)
    return text`  ${shown}  ${deed.nameOf(result)}: ${says}`
  }
  return lines(
    bold(joined(counts(results), ', ')),
    ...someOf(results.filter(isWanted), wantedShownMax, line),
    ...someOf(
      results.filter(result => !isWanted(result)),
      unwantedShownMax,
      line,
    ),
    isInterrupted ? yellow('Interrupted: the rest was not touched.') : nothing,
    isUnanswered && !isDry
      ? yellow('Of the last page it is not known whether it was done: look before you try again.')
      : nothing,
  )
}

const wantedShownMax = 10
const unwantedShownMax = 50

function someOf<Result>(results: readonly Result[], most: number, line: (result: Result) => Text): readonly Text[] {
  const rest = results.length - most
  const more = rest > 0 ? [dim(`  … and ${rest} more, which --json has`)] : []
  return [...results.slice(0, most).map(line), ...more]
}

function counts(results: readonly Outcoming[]): readonly string[] {
  const outcomes = [...new Set(results.map(({ outcome }) => outcome))]
  return outcomes.map(each => `${results.filter(({ outcome }) => outcome === each).length} ${each}`)
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function misused(says: string): MakegoodError {
  return new MakegoodError('OPTION_INVALID', says)
}
