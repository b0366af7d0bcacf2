import Table from 'cli-table3'
import type { Books } from './books.ts'
import type { ChaosOutcome } from './chaos.ts'

/** Past vitest, which would hold it back until the test has ended. */
export function say(text: string): void {
  process.stderr.write(`  ${text}\n`)
}

export function reportOf({ tally, books, askedAgain, repeated, faultsMs, settledMs }: ChaosOutcome): string {
  return tableOf([
    ...[...tally.kills].map(([service, kills]): Row => [`${service} killed`, kills]),
    ...[...tally.restarts].map(
      ([server, { soft, hard }]): Row => [`${server} restarted`, `${soft + hard}, ${hard} of them by kill -9`],
    ),
    ['processes frozen for some seconds', tally.frozen],
    ['faults went on for', seconds(faultsMs)],
    ['then quiet after', seconds(settledMs)],
    ['orders asked for again', askedAgain],
    ['messages said again by a stranger', repeated],
    ['duplicates absorbed, at least', tally.duplicates],
    ...rowsOf(books),
  ])
}

export function rowsOf(books: Books): Row[] {
  const { took } = books
  return [
    ['orders', books.orders.length],
    ['completed', books.completed],
    ...Object.entries(books.cancelled).map(([reason, count]): Row => [`cancelled: ${reason}`, count]),
    ...Object.entries(books.remarks),
    ...(took === undefined ? [] : [longest(took)]),
    ['dead letters: given up, as documented', books.givenUp.length],
    ['dead letters: others', books.deadLetters.length],
    ['wrong', books.wrong.length],
  ]
}

function longest({ slowestMs, medianMs }: NonNullable<Books['took']>): Row {
  return ['longest time to an order’s end', `${seconds(slowestMs)} (median ${seconds(medianMs)})`]
}

export type Row = [what: string, value: string | number]

export function tableOf(rows: readonly Row[]): string {
  const table = new Table({ style: { head: [], border: [] } })
  table.push(...rows.map(([what, value]) => [what, String(value)]))
  return table.toString()
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
