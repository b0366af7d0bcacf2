import type { Part } from '../operations/client.ts'
import type { CauseView, SagaList, SagaStatus, SagaView, TroubleView } from '../operations/contract.ts'
import { moreLines } from './pages.ts'
import { table } from './table.ts'
import { nowOf, type Terminal } from './terminal.ts'
import { cyan, dim, green, lines, nothing, red, type Style, type Text, text, yellow } from './text.ts'
import { ago, moment } from './times.ts'

/** A list of sagas. */
export function sagasPage(services: readonly Part<SagaList>[], terminal: Terminal): Text {
  const rows = services.flatMap(({ service, sagas }) => sagas.map(saga => ({ service, ...saga })))
  const now = nowOf(terminal)
  type Row = (typeof rows)[number]
  const columns = [
    { head: 'STATUS', cell: ({ status }: Row) => statusText(status), whole: true as const },
    { head: 'DEFINITION', cell: ({ definition, version }: Row) => `${definition} ${version}` },
    { head: 'KEY', cell: ({ key }: Row) => key },
    { head: 'CHANGED', cell: ({ changedAt }: Row) => ago(changedAt, now) },
    { head: 'WHY', cell: whyOf },
    { head: 'ID', cell: ({ id }: Row) => id, whole: true as const },
  ]
  const body = rows.length === 0 ? text`No sagas.` : table(columns, rows, terminal.width)
  return lines(body, searchedLines(services), moreLines(services))
}

export function statusText(status: SagaStatus): Text {
  return styles[status]?.(status) ?? text`${status}`
}

const styles: { readonly [Status in SagaStatus]: Style } = {
  running: cyan,
  compensating: yellow,
  stuck: red,
  completed: green,
  compensated: yellow,
  abandoned: dim,
}

/** In a line: what it waits for, or why it ended otherwise than it was to. */
export function whyOf({ trouble, cause, steps }: SagaView): Text {
  if (trouble !== null) return troubleLine(trouble)
  if (cause !== null) return causeLine(cause)
  return steps.length === 0 ? nothing : text`at ${steps.join(', ')}`
}

export function troubleLine({ code, step, says }: TroubleView): Text {
  return text`${code}${step === null ? text`` : text` at ${step}`}: ${says}`
}

export function causeLine({ step, code, details }: CauseView): Text {
  return text`${code} at ${step}${details === undefined || details === null ? '' : `: ${JSON.stringify(details)}`}`
}

function searchedLines(services: readonly Part<SagaList>[]): Text {
  const searched = services.filter(({ searchedTo, next }) => searchedTo !== null && next !== null)
  return lines(
    ...searched.map(({ service, searchedTo }) =>
      dim(text`${service} was searched down to ${moment(searchedTo ?? '')}.`),
    ),
  )
}
