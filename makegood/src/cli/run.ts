import { Command, CommanderError, Option } from 'commander'
import { MakegoodError, textOf } from '../model/errors.ts'
import { documentFrom } from './document.ts'
import { migrateDatabase } from './migrate.ts'

export interface Streams {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** How a command ended, for scripts. */
export const exits = { done: 0, refused: 1, misused: 2, unavailable: 3 } as const

/** Runs one command line. Resolves with the exit code; never throws. */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  try {
    await commands(streams).parseAsync(args, { from: 'user' })
    return exits.done
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exits.done : exits.misused
    tell(error, args.includes('--json'), streams)
    return exitOf(error)
  }
}

function commands({ out, err }: Streams): Command {
  const makegood = new Command('makegood')
    .description('Sagas inside your own database transactions and over your own broker.')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError('(makegood --help says what there is)')
    .addHelpText('after', '\nExit codes: 0 done, 1 refused, 2 misused, 3 the database cannot be reached: try again.')

  makegood
    .command('migrate')
    .description("Bring makegood's tables in a service's database to the version of this makegood.")
    .addOption(
      new Option(
        '--database-url <url>',
        'where the database is: postgres://user:password@host:5432/database or mysql://…',
      )
        .env('DATABASE_URL')
        .makeOptionMandatory(),
    )
    .option(
      '--service <name>',
      'the service it belongs to, shown to whoever looks at its connections in PostgreSQL',
      'makegood',
    )
    .option('--json', 'answer with one line of JSON')
    .action(async ({ databaseUrl, service, json }: MigrateFlags) => {
      const database = await migrateDatabase(databaseUrl, service)
      out(json === true ? `${JSON.stringify({ ok: true, database })}\n` : `${database} is up to date.\n`)
    })

  makegood
    .command('asyncapi')
    .description('Print the AsyncAPI document of what services say to each other. Nothing is started.')
    .argument('<module>', 'a module whose default export is the list of the services')
    .option('--title <text>', 'what the document is called', 'Messages')
    .option('--api-version <version>', 'the version that it is given', '1.0.0')
    .addOption(new Option('--protocol <name>', 'name what the broker has too').choices(['amqp', 'kafka']))
    .action(async (module: string, { title, apiVersion: version, protocol }: AsyncApiFlags) => {
      const document = await documentFrom(module, { title, version, ...(protocol && { protocol }) })
      out(`${JSON.stringify(document, null, 2)}\n`)
    })

  return makegood
}

interface AsyncApiFlags {
  readonly title: string
  readonly apiVersion: string
  readonly protocol?: 'amqp' | 'kafka'
}

interface MigrateFlags {
  readonly databaseUrl: string
  readonly service: string
  readonly json?: true
}

/** One sentence that says what and what to do; a script gets the same with its code. */
function tell(error: unknown, json: boolean, { out, err }: Streams): void {
  const { code, message } = error instanceof MakegoodError ? error : { code: 'ERROR', message: textOf(error) }
  if (json) out(`${JSON.stringify({ ok: false, code, message })}\n`)
  else err(`${message}\n`)
}

function exitOf(error: unknown): number {
  if (!(error instanceof MakegoodError)) return exits.refused
  if (error.code === 'OPTION_INVALID') return exits.misused
  return error.retryable ? exits.unavailable : exits.refused
}
