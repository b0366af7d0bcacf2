import type { Command } from 'commander'
import type { Part } from '../operations/client.ts'
import type { AuditList, AuditQuery } from '../operations/contract.ts'
import { asks } from './asking.ts'
import { gathered, moreLines, type PageFlags, pageOptions, pageQueryOf } from './pages.ts'
import { table } from './table.ts'
import type { Desk, Terminal } from './terminal.ts'
import { lines, type Text, text } from './text.ts'
import { moment } from './times.ts'

type AuditFlags = PageFlags & Pick<AuditQuery, 'by' | 'action' | 'target'>

export function auditCommand(desk: Desk, makegood: Command): void {
  const audit = makegood
    .command('audit')
    .description('Who did what, when and why, newest first. For operators.')
    .option('--by <name>', 'only what this one did')
    .option('--action <name>', 'only this action')
    .option('--target <id>', 'only what was done to this saga, or to this message')
  asks<AuditFlags>(desk, pageOptions(audit), async ({ client, flags, terminal }) => {
    const { by, action, target } = flags
    const query = { ...pageQueryOf(flags), ...(by && { by }), ...(action && { action }), ...(target && { target }) }
    const found = await gathered('entries', client.audit, query, terminal)
    return { document: found, page: auditPage(found.services, terminal) }
  })
}

function auditPage(services: readonly Part<AuditList>[], { width }: Terminal): Text {
  const rows = services.flatMap(({ service, entries }) => entries.map(entry => ({ service, ...entry })))
  if (rows.length === 0) return text`Nothing was done.`
  type Row = (typeof rows)[number]
  const columns = [
    { head: 'AT', cell: ({ at }: Row) => moment(at), whole: true as const },
    { head: 'SERVICE', cell: ({ service }: Row) => service },
    { head: 'BY', cell: ({ by }: Row) => by },
    { head: 'ACTION', cell: ({ action, detail }: Row) => [action, stepIn(detail)].join(' ').trim() },
    { head: 'REASON', cell: ({ reason }: Row) => reason },
    { head: 'ON', cell: ({ target }: Row) => target ?? '', whole: true as const },
  ]
  const newestFirst = rows.toSorted((one, other) => other.at.localeCompare(one.at))
  return lines(table(columns, newestFirst, width), moreLines(services))
}

function stepIn(detail: unknown): string {
  const { step } = (detail ?? {}) as { readonly step?: unknown }
  return typeof step === 'string' ? step : ''
}
