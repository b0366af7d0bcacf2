import type { Command } from 'commander'
import type { Part } from '../operations/client.ts'
import type { InboxView, MessageList, MessageQuery } from '../operations/contract.ts'
import { moreLines, type PageFlags, pageOptions, pageQueryOf } from './pages.ts'
import { becameOf } from './saga-page.ts'
import { sections } from './said.ts'
import { table } from './table.ts'
import { nowOf, type Terminal } from './terminal.ts'
import { block, dim, jsonBlock, lines, nothing, red, type Text, text } from './text.ts'
import { ago, moment } from './times.ts'

/** A message that waits in the inbox of a service: parked, or a dead letter. */
export type Waiting = InboxView & { readonly service: string }

export interface MessageFlags extends PageFlags {
  readonly type?: string
  readonly group?: string
}

export function messageOptions(command: Command): Command {
  return pageOptions(command)
    .option('--type <name>', 'only of this type')
    .option('--group <fingerprint>', 'only of this failure group')
}

export function messageQueryOf(flags: MessageFlags): MessageQuery & { readonly limit: number } {
  const { type, group } = flags
  return { ...pageQueryOf(flags), ...(type && { type }), ...(group && { fingerprint: group }) }
}

export function waitingIn(services: readonly Part<MessageList>[]): readonly Waiting[] {
  return services.flatMap(({ service, messages }) => messages.map(message => ({ ...message, service })))
}

/** A list, oldest first. */
export function messagesPage(services: readonly Part<MessageList>[], terminal: Terminal): Text {
  const now = nowOf(terminal)
  const columns = [
    { head: 'SERVICE', cell: ({ service }: Waiting) => service },
    { head: 'TYPE', cell: ({ type }: Waiting) => type },
    { head: 'RECEIVED', cell: ({ receivedAt }: Waiting) => ago(receivedAt, now) },
    { head: 'TRIES', cell: ({ tries }: Waiting) => tries ?? '' },
    { head: 'NEXT', cell: ({ dueAt }: Waiting) => (dueAt === null ? '' : ago(dueAt, now)) },
    { head: 'WHY', cell: ({ error }: Waiting) => error ?? '' },
    { head: 'IDENTITY', cell: ({ identity }: Waiting) => identity, whole: true as const },
  ]
  const rows = waitingIn(services)
  const body = rows.length === 0 ? text`No messages.` : table(columns, rows, terminal.width)
  return lines(body, moreLines(services))
}

/** One message, with what it carries. */
export function messagePage(message: Waiting, terminal: Terminal): Text {
  const { service, identity, messageId, kind, type, sagaId, correlationId, causationId, receivedAt } = message
  const { tries, dueAt, error, envelope, editable, fingerprint } = message
  const now = nowOf(terminal)
  const fact = (name: string, value: string | null) => (value === null ? nothing : text`  ${dim(name)} ${value}`)
  return sections(
    {
      head: `${kind} ${type} in ${service}`,
      body: lines(
        text`  ${becameOf(message)}`,
        fact('identity   ', identity),
        fact('message    ', messageId),
        fact('saga       ', sagaId),
        fact('correlation', correlationId === sagaId ? null : correlationId),
        fact('caused by  ', causationId),
        fact('received   ', `${moment(receivedAt)} UTC, ${ago(receivedAt, now)}`),
        fact('tried      ', tries === null ? null : `${tries} times`),
        fact('next       ', dueAt === null ? null : `${moment(dueAt)} UTC, ${ago(dueAt, now)}`),
        fact('group      ', fingerprint),
        fact('payload    ', editable === true ? 'can be changed when it is redriven, by an admin' : null),
      ),
    },
    { head: 'Why', body: error === null ? nothing : red(block(error, '  ')) },
    { head: 'Headers', body: envelope === null ? nothing : jsonBlock(envelope.headers, '  ') },
    { head: 'Body', body: envelope === null ? nothing : bodyText(envelope.body) },
  )
}

/** With its lines, if it is JSON; as it is, if not. */
function bodyText(body: string): Text {
  try {
    return jsonBlock(JSON.parse(body), '  ')
  } catch {
    return block(body, '  ')
  }
}
