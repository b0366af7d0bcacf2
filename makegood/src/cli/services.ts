import type { Command } from 'commander'
import type { Part } from '../operations/client.ts'
import type { BoundedCount, FiguresView, ServiceView } from '../operations/contract.ts'
import { asks } from './asking.ts'
import { sections } from './said.ts'
import { table } from './table.ts'
import type { Desk, Terminal } from './terminal.ts'
import { green, lines, nothing, red, type Shown, type Text, text, yellow } from './text.ts'
import { span } from './times.ts'

export function servicesCommand(desk: Desk, makegood: Command): void {
  const services = makegood
    .command('services')
    .description('Which services there are, how they are, and what waits in them.')
  asks(desk, services, async ({ client, terminal }) => {
    const found = await client.services()
    return { document: found, page: servicesPage(found.services, terminal) }
  })
}

type Process = Part<ServiceView>

function servicesPage(processes: readonly Process[], { width }: Terminal): Text {
  const figure = (of: (figures: FiguresView) => Shown) => (process: Process) =>
    process.figures === null ? '?' : of(process.figures)
  const columns = [
    { head: 'SERVICE', cell: ({ service }: Process) => service },
    { head: 'IS', cell: ({ ready }: Process) => (ready ? green('ready') : red('not ready')) },
    { head: 'STUCK', cell: figure(({ sagas }) => alarming(sagas.stuck)) },
    { head: 'DEAD', cell: figure(({ deadLetters }) => alarming(deadLetters)) },
    { head: 'PARKED', cell: figure(({ parked }) => parked) },
    { head: 'RUNNING', cell: figure(({ sagas }) => sagas.running) },
    { head: 'COMPENSATING', cell: figure(({ sagas }) => sagas.compensating) },
    { head: 'OUTBOX', cell: figure(outboxOf) },
    { head: 'WAITING', cell: figure(({ waiting }) => waiting ?? '?') },
    { head: 'INBOX', cell: figure(({ inbox }) => countOf(inbox)) },
    { head: 'MAKEGOOD', cell: ({ version }: Process) => version },
    { head: 'AT', cell: ({ url }: Process) => url },
  ]
  const why = processes.flatMap(({ service, url, reasons }) =>
    reasons.map(says => text`  ${service} at ${url}: ${says}`),
  )
  return sections(
    { head: 'Services', body: table(columns, processes, width) },
    { head: 'Why some are not ready', body: why.length === 0 ? nothing : lines(...why) },
  )
}

function alarming(count: number): Shown {
  return count > 0 ? red(count) : count
}

function outboxOf({ outbox: { messages, oldestMs, error } }: FiguresView): Shown {
  if (messages === 0) return 0
  const shown = text`${messages}, ${span(oldestMs)}`
  return error === null ? shown : yellow(shown)
}

export function countOf({ count, more }: BoundedCount): string {
  return more ? `${count}+` : String(count)
}
