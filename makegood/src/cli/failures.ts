import type { Command } from 'commander'
import type { Part } from '../operations/client.ts'
import type { FailureGroup, Failures } from '../operations/contract.ts'
import { asks } from './asking.ts'
import { runbookAt } from './runbook.ts'
import { countOf } from './services.ts'
import { type Desk, nowOf, type Terminal } from './terminal.ts'
import { bold, cyan, green, joined, lines, shellWord, type Text, text } from './text.ts'
import { ago } from './times.ts'

export function failuresCommand(desk: Desk, makegood: Command): void {
  const failures = makegood
    .command('failures')
    .description('What fails, grouped: stuck sagas, dead letters and parked messages that say the same.')
    .option('--service <name>', 'only of this service')
  asks<{ readonly service?: string }>(desk, failures, async ({ client, flags, terminal }) => {
    const found = await client.failures(flags.service === undefined ? {} : { service: flags.service })
    return { document: found, page: failuresPage(found.services, terminal) }
  })
}

function failuresPage(services: readonly Part<Failures>[], terminal: Terminal): Text {
  const groups = services.flatMap(({ service, groups }) => groups.map(group => ({ service, ...group })))
  if (groups.length === 0) return green('Nothing fails.')
  return joined(
    groups.map(group => groupText(group, terminal)),
    '\n\n',
  )
}

/** Not a table: what it says is what matters, and that is long. */
function groupText(group: FailureGroup & { readonly service: string }, terminal: Terminal): Text {
  const { service, kind, what, code, step, says, oldestAt, newestAt, fingerprint, runbook } = group
  const now = nowOf(terminal)
  const where = step === null ? text`` : text` at ${step}`
  return lines(
    bold(text`${countOf(group)} × ${kind} of ${what} in ${service}`),
    text`  ${code === null ? text`` : text`${code}${where}: `}${says}`,
    text`  the oldest ${ago(oldestAt, now)}, the newest ${ago(newestAt, now)}; ${runbookAt(runbook)}`,
    cyan(text`  ${commandFor(group, shellWord(fingerprint))}`),
  )
}

function commandFor({ kind, service }: FailureGroup & { readonly service: string }, fingerprint: string): string {
  switch (kind) {
    case 'stuck saga':
      return `makegood sagas retry --group ${fingerprint}`
    case 'dead letter':
      return `makegood dead-letters redrive --group ${fingerprint}`
    case 'parked message':
      return `makegood parked list --service ${shellWord(service)} --group ${fingerprint}`
  }
}
