import type { Command } from 'commander'
import { asks } from './asking.ts'
import { type MessageFlags, messageOptions, messageQueryOf, messagesPage } from './messages.ts'
import { gathered } from './pages.ts'
import type { Desk } from './terminal.ts'

export function parkedCommands(desk: Desk, makegood: Command): void {
  const parked = makegood.command('parked').description('Look at messages that wait for their next attempt.')
  const list = messageOptions(parked.command('list').description('Parked messages, oldest first.'))
  asks<MessageFlags>(desk, list, async ({ client, flags, terminal }) => {
    const found = await gathered('messages', client.parked, messageQueryOf(flags), terminal)
    return { document: found, page: messagesPage(found.services, terminal) }
  })
}
