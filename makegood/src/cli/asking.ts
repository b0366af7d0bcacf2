import { type Command, Option } from 'commander'
import { MakegoodError } from '../model/errors.ts'
import { type OperationsClient, operationsClient } from '../operations/client.ts'
import { seconds } from './flag-values.ts'
import { saidOrInFile } from './in-file.ts'
import { type Said, say } from './said.ts'
import type { Desk, Terminal } from './terminal.ts'

/** What every command is told that asks services. */
export interface AskingFlags {
  readonly url?: readonly string[]
  readonly token?: string
  readonly tokenFile?: string
  readonly timeout: number
  readonly json?: true
}

/** What a command is carried out with. */
export interface Work<Flags> {
  readonly client: OperationsClient
  readonly flags: Flags & AskingFlags
  readonly terminal: Terminal
}

/** A command that asks services: says where they are, as whom, and how the answer is to look. */
export function asks<Flags>(
  desk: Desk,
  command: Command,
  answer: (work: Work<Flags>, ...args: readonly any[]) => Promise<Said>,
): void {
  const { terminal, ended } = desk
  command
    .addOption(
      new Option('--url <url>', 'where services answer: http://host:port; again for each address')
        .env('MAKEGOOD_URL')
        .argParser(addUrls)
        .helpGroup(asking),
    )
    .addOption(
      new Option('--token-file <path>', 'the file with your token').env('MAKEGOOD_TOKEN_FILE').helpGroup(asking),
    )
    .addOption(
      new Option(
        '--token <token>',
        'your token; whoever lists the processes of this machine sees it here: rather use the file',
      )
        .env('MAKEGOOD_TOKEN')
        .helpGroup(asking),
    )
    .addOption(
      new Option('--timeout <seconds>', 'how long an address may take to answer')
        .default(5)
        .argParser(seconds)
        .helpGroup(asking),
    )
    .addOption(new Option('--json', 'one document of JSON').helpGroup(asking))
    .action(async (...args: readonly unknown[]) => {
      const flags = command.opts<Flags & AskingFlags>()
      const work = { client: clientOf(flags, saidOrInFile(command, 'token', 'The token') ?? ''), flags, terminal }
      // The last two are commander's own: the flags, and the command.
      ended(say(await answer(work, ...args.slice(0, -2)), flags.json === true, terminal))
    })
}

const asking = 'Asking:'

/** From the environment there may be several in one, between commas. */
function addUrls(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').flatMap(url => (url.trim() === '' ? [] : [url.trim()]))]
}

function clientOf({ url = [], timeout }: AskingFlags, token: string): OperationsClient {
  if (url.length === 0) {
    throw new MakegoodError(
      'OPTION_INVALID',
      'Say where the services are: --url http://host:port, again for each address, or MAKEGOOD_URL with commas between them.',
    )
  }
  return operationsClient({
    services: [...new Set(url)].map(each => ({ url: each, ...(token !== '' && { token }) })),
    timeoutMs: Math.round(timeout * 1_000),
  })
}
