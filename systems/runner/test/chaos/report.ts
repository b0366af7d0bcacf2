import Table from 'cli-table3'
import type { Books } from './books.ts'
import type { ChaosOutcome } from './chaos.ts'

/** Past vitest, which would hold it back until the test has ended. */
export function say(text: string): void {
  process.stderr.write(`  ${text}\n`)
}

export function reportOf({ tally, books, askedAgain, faultsMs, settledMs }: ChaosOutcome): string {
  return tableOf([
    ...[...tally.kills].map(([service, kills]): Row => [`${service} killed`, kills]),
    ...[...tally.restarts].map(
      ([server, { soft, hard }]): Row => [`${server} restarted`, `${soft + hard}, ${hard} of them by kill -9`],
    ),
    ['faults went on for', seconds(faultsMs)],
    ['then quiet after', seconds(settledMs)],
    ['orders asked for again', askedAgain],
    ['duplicates absorbed, at least', tally.duplicates],
    ...rowsOf(books),
  ])
}

export function rowsOf(books: Books): Row[] {
  return [
    ['orders', books.orders],
    ['completed', books.completed],
    ...Object.entries(books.cancelled).map(([reason, count]): Row => [`cancelled: ${reason}`, count]),
    ['completed without a notification', books.untold],
    ['longest time to an order’s end', `${seconds(books.slowestMs)} (median ${seconds(books.medianMs)})`],
    ['dead letters: notifications given up', books.givenUp.length],
    ['dead letters: others', books.deadLetters.length],
    ['wrong', books.wrong.length],
  ]
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
