import type { Command } from 'commander'
import { MakegoodError } from '../model/errors.ts'
import type { Reveal } from '../operations/contract.ts'

export interface RevealFlags {
  readonly reveal?: true
  readonly reason?: string
}

export function revealOptions(command: Command): Command {
  return command
    .option('--reveal', 'show what is masked too: for admins, and the audit says that you did')
    .option('--reason <text>', 'why, with --reveal')
}

/** @throws MakegoodError `OPTION_INVALID` */
export function revealOf({ reveal, reason }: RevealFlags): Reveal {
  if (reveal === undefined) return {}
  if (reason === undefined) throw new MakegoodError('OPTION_INVALID', 'Say why by --reason: it goes into the audit.')
  return { reveal, reason }
}
