import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Command, Option } from 'commander'
import { MakegoodError, textOf } from '../model/errors.ts'
import { type AsyncApiDocument, type AsyncApiOptions, asyncapi } from '../operations/asyncapi.ts'
import type { SpeakingService } from '../operations/conversation.ts'
import type { Desk } from './terminal.ts'

export function asyncapiCommand({ terminal: { out } }: Desk, makegood: Command): void {
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
}

interface AsyncApiFlags {
  readonly title: string
  readonly apiVersion: string
  readonly protocol?: 'amqp' | 'kafka'
}

/**
 * The AsyncAPI document of the services that a module exports as its default: made by `service`, or as much of them as
 * a document needs, which is `name`, `hosts` and `wire`.
 *
 * @throws MakegoodError `OPTION_INVALID` if there is no such module, or it exports something else
 */
async function documentFrom(file: string, options: AsyncApiOptions): Promise<AsyncApiDocument> {
  const { default: services } = await moduleAt(file)
  if (Array.isArray(services) && services.length > 0 && services.every(isSpeaking)) return asyncapi(options, services)
  throw new MakegoodError(
    'OPTION_INVALID',
    `${file} does not export its services: its default export has to be a list of what \`service(…)\` makes.`,
  )
}

async function moduleAt(file: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(resolve(file)).href)
  } catch (error) {
    throw new MakegoodError('OPTION_INVALID', `${file} cannot be loaded: ${textOf(error)}`, { cause: error })
  }
}

function isSpeaking(candidate: Partial<SpeakingService> | null | undefined): candidate is SpeakingService {
  return (
    typeof candidate?.name === 'string' &&
    Array.isArray(candidate.hosts) &&
    typeof candidate.wire?.encode === 'function'
  )
}
