import type { SagaFound } from '../operations/client.ts'
import type { InboxView, JournalView, SagaDefinitionView } from '../operations/contract.ts'
import { runbookAt } from './runbook.ts'
import { adviceOn, meaningOf, stepsIn, type Told, type ToldStep, toldIn } from './saga-advice.ts'
import { causeLine, statusText, troubleLine } from './saga-lines.ts'
import { sections } from './said.ts'
import { table } from './table.ts'
import { nowOf, type Terminal } from './terminal.ts'
import { bold, cyan, dim, joined, jsonBlock, lines, nothing, red, type Text, text, yellow } from './text.ts'
import { ago, clock, moment, span } from './times.ts'

/**
 * All that somebody needs who does not know the code: how it stands, why, what has happened to it where and when, and
 * what can be typed next.
 */
export function sagaPage(saga: SagaFound, definition: SagaDefinitionView | undefined, terminal: Terminal): Text {
  const { width } = terminal
  const page = sections(
    { head: 'Why it is stuck', body: troubleText(saga) },
    { head: 'Why it is undone', body: causeText(saga) },
    { head: 'Why it was abandoned', body: abandonedText(saga) },
    { head: 'What you can do', body: adviceText(saga, definition, width) },
    { head: 'Steps', body: stepsTable(saga, definition, terminal) },
    { head: 'What has happened', body: journalTable(saga, width) },
    { head: 'Messages', body: messagesTable(saga, width) },
    { head: 'Data', body: jsonBlock(saga.data, '  ') },
    {
      head: 'Masked',
      body: saga.masked ? text`  Some values are: an admin sees them with --reveal --reason.` : nothing,
    },
  )
  return joined([heading(saga, terminal), page], '\n\n')
}

function heading(saga: SagaFound, terminal: Terminal): Text {
  const { id, definition, version, key, status, service, url, startedAt, changedAt, endedAt, wakeAt } = saga
  const now = nowOf(terminal)
  const took = endedAt === null ? '' : `, after ${span(Date.parse(endedAt) - Date.parse(startedAt))}`
  return lines(
    text`${statusText(status)}  ${bold(key)}  ${definition} ${version}`,
    dim(text`${id} in ${service} at ${url}`),
    text`started ${moment(startedAt)} UTC, ${ago(startedAt, now)}`,
    endedAt === null
      ? text`changed ${moment(changedAt)} UTC, ${ago(changedAt, now)}`
      : text`ended   ${moment(endedAt)} UTC, ${ago(endedAt, now)}${took}`,
    wakeAt === null
      ? nothing
      : text`something happens by itself at the latest ${moment(wakeAt)} UTC, ${ago(wakeAt, now)}`,
  )
}

function troubleText({ trouble }: SagaFound): Text {
  if (trouble === null) return nothing
  return lines(
    text`  ${red(troubleLine(trouble))}`,
    text`  ${meaningOf(trouble)}`,
    text`  ${runbookAt(trouble.runbook)}`,
  )
}

function causeText({ cause }: SagaFound): Text {
  if (cause === null) return nothing
  const { by, reason } = toldIn(cause.details) ?? {}
  if (cause.step === 'operator') return text`  ${yellow(text`${shownOf(by)} asked for it: ${shownOf(reason)}`)}`
  return text`  ${yellow(causeLine(cause))}`
}

function abandonedText({ status, state }: SagaFound): Text {
  if (status !== 'abandoned') return nothing
  const { by, reason } = toldIn(state) ?? {}
  return text`  ${shownOf(by)}: ${shownOf(reason)}`
}

function adviceText(saga: SagaFound, definition: SagaDefinitionView | undefined, width: number | undefined): Text {
  const all = adviceOn(saga, definition)
  const longest = Math.max(...all.map(({ command }) => command.shown.length))
  const isNarrow = width !== undefined && longest + 60 > width
  return lines(
    ...all.flatMap(({ command, to }) => {
      const padding = ' '.repeat(longest - command.shown.length)
      return isNarrow
        ? [text`  ${cyan(command)}`, dim(text`      to ${to}`)]
        : [text`  ${cyan(command)}${padding}  ${dim(text`to ${to}`)}`]
    }),
  )
}

// ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────────────

interface StepLine {
  readonly name: string
  readonly kind: string
  readonly told: ToldStep | undefined
}

/** All that the definition has, if it is known here; otherwise those that have begun. */
function stepsTable(saga: SagaFound, definition: SagaDefinitionView | undefined, terminal: Terminal): Text {
  const told = stepsIn(saga.state)
  const declared = definition?.stages.flat().map(({ name, kind }) => ({ name, kind }))
  const steps = (declared ?? told.map(({ name }) => ({ name, kind: '' }))).map(step => ({
    ...step,
    told: told.find(({ name }) => name === step.name),
  }))
  const now = nowOf(terminal)
  const side = (told: Told | undefined) => (told === undefined ? nothing : sideText(told, now, saga.wakeAt !== null))
  const columns = [
    { head: '  STEP', cell: ({ name }: StepLine) => text`  ${name}` },
    { head: 'KIND', cell: ({ kind }: StepLine) => kind },
    { head: 'FORWARD', cell: ({ told }: StepLine) => (told === undefined ? dim('–') : side(told.forward)) },
    { head: 'BACK', cell: ({ told }: StepLine) => side(told?.back) },
  ]
  return table(columns, steps, terminal.width)
}

/** What is stuck has no next time. */
function sideText({ state, code, ask }: Told, now: number, wakes: boolean): Text {
  const { attempt, asked, firstSentAt, wakeAt } = toldIn(ask) ?? {}
  const since = typeof firstSentAt === 'number' ? `, first ${span(now - firstSentAt)} ago` : ''
  const next =
    wakes && typeof wakeAt === 'number' ? `, next ${wakeAt > now ? `in ${span(wakeAt - now)}` : 'is due'}` : ''
  switch (state) {
    case 'open':
      return cyan(text`asked ${shownOf(asked)} ×, attempt ${shownOf(attempt)}${since}${next}`)
    case 'pausing':
      return yellow(text`refused, attempt ${shownOf(attempt)} to come${next}`)
    case 'closing':
      return yellow(text`being closed${since}${next}`)
    case 'failed':
    case 'in doubt':
      return red(text`${state}: ${shownOf(code)}`)
    default:
      return text`${shownOf(state)}`
  }
}

// ── What has happened ───────────────────────────────────────────────────────────────────────────────────────────────

function journalTable(saga: SagaFound, width: number | undefined): Text {
  const { journal, startedAt } = saga
  const time = timeIn(saga)
  const columns = [
    { head: '  TIME', cell: ({ at }: JournalView) => text`  ${time(at)}`, whole: true as const },
    { head: 'AFTER', cell: ({ at }: JournalView) => span(Date.parse(at) - Date.parse(startedAt)) },
    { head: 'WHAT', cell: ({ kind }: JournalView) => kind },
    { head: 'STEP', cell: ({ step }: JournalView) => step ?? '' },
    { head: 'DETAIL', cell: ({ detail }: JournalView) => dim(detailOf(detail)) },
  ]
  return table(columns, journal, width)
}

/** A first attempt is nothing to tell. */
function detailOf(detail: unknown): string {
  const shown = compact(detail)
  return shown === '{"attempt":1}' ? '' : shown
}

type Message = SagaFound['messages'][number]

function messagesTable(saga: SagaFound, width: number | undefined): Text {
  const time = timeIn(saga)
  const columns = [
    { head: '  TIME', cell: ({ receivedAt }: Message) => text`  ${time(receivedAt)}`, whole: true as const },
    { head: 'RECEIVED BY', cell: ({ service }: Message) => service },
    { head: 'KIND', cell: ({ kind }: Message) => kind },
    { head: 'TYPE', cell: ({ type }: Message) => type },
    { head: 'WHICH IS', cell: becameOf },
    { head: 'SAYS', cell: saysOf },
  ]
  return table(columns, saga.messages, width)
}

/** The day is said of a saga that lasts longer than one. */
function timeIn({ startedAt, changedAt }: SagaFound): (at: string) => string {
  return startedAt.slice(0, 10) === changedAt.slice(0, 10) ? clock : moment
}

export function becameOf({ state, answer, attempt }: InboxView): Text {
  const again = attempt > 1 ? ` (attempt ${attempt})` : ''
  const shown = text`${state}${answer?.failure ? `: ${answer.failure}` : ''}${again}`
  if (state === 'dead') return red(shown)
  return state === 'parked' || state === 'failed' || state === 'in doubt' ? yellow(shown) : shown
}

function saysOf({ error, answer }: InboxView): Text {
  if (error !== null) return text`${error}`
  return dim(compact(answer?.payload))
}

function compact(value: unknown): string {
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

function shownOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?'
}
