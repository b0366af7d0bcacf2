import type { Command } from 'commander'
import { asks } from './asking.ts'
import type { Desk } from './terminal.ts'
import { green, lines, text } from './text.ts'

interface PruneFlags {
  readonly reason: string
}

export function pruneCommand(desk: Desk, makegood: Command): void {
  const prune = makegood
    .command('prune')
    .description('Delete now what is finished and older than its window, which happens by itself too. For admins.')
    .requiredOption('--reason <text>', 'why, for whoever reads the audit')
  asks<PruneFlags>(desk, prune, async ({ client, flags }) => {
    const found = await client.prune({ reason: flags.reason })
    return {
      document: found,
      page: lines(...found.pruned.map(({ url, rows }) => text`${green('done')}  ${url}: ${rows} rows`)),
    }
  })
}
