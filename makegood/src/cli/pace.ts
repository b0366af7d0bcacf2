import type { Command } from 'commander'
import type { Part } from '../operations/client.ts'
import type { Pace } from '../operations/contract.ts'
import { asks } from './asking.ts'
import { statusText } from './saga-lines.ts'
import { table } from './table.ts'
import type { Desk, Terminal } from './terminal.ts'
import { type Text, text } from './text.ts'
import { moment, span } from './times.ts'

export function paceCommand(desk: Desk, makegood: Command): void {
  const pace = makegood
    .command('pace')
    .description('How many sagas ended lately, and how long they took.')
    .option('--service <name>', 'only of this service')
  asks<{ readonly service?: string }>(desk, pace, async ({ client, flags, terminal }) => {
    const found = await client.pace(flags.service === undefined ? {} : { service: flags.service })
    return { document: found, page: pacePage(found.services, terminal) }
  })
}

function pacePage(services: readonly Part<Pace>[], { width }: Terminal): Text {
  const rows = services.flatMap(({ service, since, durations }) => durations.map(row => ({ service, since, ...row })))
  if (rows.length === 0) return text`No saga has ended lately.`
  type Row = (typeof rows)[number]
  const columns = [
    { head: 'SERVICE', cell: ({ service }: Row) => service },
    { head: 'DEFINITION', cell: ({ definition }: Row) => definition },
    { head: 'STATUS', cell: ({ status }: Row) => statusText(status) },
    { head: 'SAGAS', cell: ({ sagas }: Row) => sagas },
    { head: 'HALF WITHIN', cell: ({ p50Ms }: Row) => span(p50Ms) },
    { head: '95 % WITHIN', cell: ({ p95Ms }: Row) => span(p95Ms) },
    { head: 'SINCE', cell: ({ since }: Row) => moment(since) },
  ]
  return table(columns, rows, width)
}
