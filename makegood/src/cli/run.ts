import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { MakegoodError, textOf } from '../model/errors.ts'
import { RefusedError, UnreachableError } from '../operations/client.ts'
import { asyncapiCommand } from './asyncapi.ts'
import { auditCommand } from './audit.ts'
import { completionCommand } from './completion.ts'
import { deadLettersCommands } from './dead-letters.ts'
import { definitionsCommands } from './definitions.ts'
import { doctorCommand } from './doctor.ts'
import { failuresCommand } from './failures.ts'
import { migrateCommand } from './migrate.ts'
import { paceCommand } from './pace.ts'
import { parkedCommands } from './parked.ts'
import { pruneCommand } from './prune.ts'
import { sagasCommands } from './sagas.ts'
import { exitOf as exitOfUnreachable, note, unreachableLine } from './said.ts'
import { servicesCommand } from './services.ts'
import { type Desk, type Exit, exits, type Terminal } from './terminal.ts'
import { jsonDocument, text } from './text.ts'

/** Runs one command line. Resolves with the exit code; never throws. */
export async function run(args: readonly string[], terminal: Terminal): Promise<Exit> {
  let ended: Exit = exits.done
  const desk = {
    terminal,
    ended: (exit: Exit) => {
      ended = exit
    },
  }
  try {
    await commands(desk).parseAsync(args, { from: 'user' })
    return ended
  } catch (error) {
    const asJson = args.includes('--json')
    // Commander has told it already, to people.
    if (!(error instanceof CommanderError)) tell(error, asJson, terminal)
    else if (error.exitCode === 0) return exits.done
    else if (asJson) tell(new MakegoodError('OPTION_INVALID', error.message), asJson, terminal)
    return exitOf(error)
  }
}

/** Every command there is. */
export function commands(desk: Desk): Command {
  const { out, err } = desk.terminal
  const makegood = new Command('makegood')
    .description('Sagas inside your own database transactions and over your own broker.')
    // Behind a command it is the version of a definition.
    .enablePositionalOptions()
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError('(makegood --help says what there is)')
    .addHelpText('after', `\n${exitCodes}`)

  sagasCommands(desk, makegood)
  deadLettersCommands(desk, makegood)
  parkedCommands(desk, makegood)
  failuresCommand(desk, makegood)
  servicesCommand(desk, makegood)
  definitionsCommands(desk, makegood)
  paceCommand(desk, makegood)
  auditCommand(desk, makegood)

  doctorCommand(desk, makegood)
  migrateCommand(desk, makegood)
  pruneCommand(desk, makegood)
  asyncapiCommand(desk, makegood)
  completionCommand(desk, makegood)
  return makegood
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

const exitCodes = `Exit codes:
  0    done
  1    refused: some or all of it was not done, or something needs a person
  2    misused: the command line is wrong
  3    unavailable: a service or a database cannot be reached, and what it would say is missing: try again
  130  interrupted`

/** One sentence that says what and what to do; a script gets the same with its code. */
function tell(error: unknown, json: boolean, terminal: Terminal): void {
  if (json) terminal.out(jsonDocument({ ok: false, code: codeOf(error), message: messageOf(error) }))
  else if (error instanceof UnreachableError) note(unreachableLine(error.unreachable), terminal)
  else note(text`${messageOf(error)}`, terminal)
}

function messageOf(error: unknown): string {
  return error instanceof MakegoodError || error instanceof RefusedError ? error.message : textOf(error)
}

function codeOf(error: unknown): string {
  if (error instanceof MakegoodError) return error.code
  if (error instanceof UnreachableError) return 'UNREACHABLE'
  return (error instanceof RefusedError && error.problem.code) || 'ERROR'
}

function exitOf(error: unknown): Exit {
  if (error instanceof UnreachableError) return exitOfUnreachable([error.unreachable])
  if (error instanceof RefusedError || error instanceof CommanderError) return exits.misused
  if (!(error instanceof MakegoodError)) return exits.refused
  if (error.code === 'OPTION_INVALID') return exits.misused
  return error.retryable ? exits.unavailable : exits.refused
}
