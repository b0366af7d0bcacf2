import type { Command } from 'commander'
import { asks, type Work } from './asking.ts'
import { letterActionCommands } from './letter-actions.ts'
import { type MessageFlags, messageOptions, messagePage, messageQueryOf, messagesPage, waitingIn } from './messages.ts'
import { gathered } from './pages.ts'
import { type RevealFlags, revealOf, revealOptions } from './revealing.ts'
import { exitOf, type Said } from './said.ts'
import { type Desk, exits } from './terminal.ts'
import { joined, text } from './text.ts'

export function deadLettersCommands(desk: Desk, makegood: Command): void {
  const letters = makegood
    .command('dead-letters')
    .description('Look at messages that are not tried again by themselves, and act on them.')

  const list = messageOptions(letters.command('list').description('Dead letters, oldest first.'))
  asks<MessageFlags>(desk, list, async ({ client, flags, terminal }) => {
    const found = await gathered('messages', client.deadLetters, messageQueryOf(flags), terminal)
    return { document: found, page: messagesPage(found.services, terminal) }
  })

  const show = letters
    .command('show')
    .description('One dead letter: why, its headers and its body. Shows a parked message too.')
    .argument('<identity>', 'of the message, as lists have it')
    .option('--service <name>', 'only if this service received it')
  asks<ShowFlags>(desk, revealOptions(show), showMessage)

  letterActionCommands(desk, letters)
}

interface ShowFlags extends RevealFlags {
  readonly service?: string
}

/** The same event may wait in several services. */
async function showMessage({ client, flags, terminal }: Work<ShowFlags>, identity: string): Promise<Said> {
  const query = { identity, ...(flags.service && { service: flags.service }), ...revealOf(flags) }
  const dead = await client.deadLetters(query)
  const found = waitingIn(dead.services).length > 0 ? dead : await client.parked(query)
  const messages = waitingIn(found.services)
  const isUnknown = messages.length === 0
  const pages = messages.map(message => messagePage(message, terminal))
  return {
    document: { messages, unreachable: found.unreachable },
    page: isUnknown ? text`No service that answered has a message ${identity} that waits.` : joined(pages, '\n\n'),
    exit: exitOf(found.unreachable) || (isUnknown ? exits.refused : exits.done),
  }
}
