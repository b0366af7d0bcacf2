import { Command, InvalidArgumentError } from 'commander'

/** What the command line says. */
export interface Options {
  readonly system: string
  readonly servers: boolean
  /** All of them if none is named. */
  readonly services: readonly string[] | undefined
  readonly data: string | undefined
  readonly fresh: boolean
  readonly portOffset: number
  readonly demo: boolean
  /** Print what the services say to each other, and run nothing. */
  readonly asyncapi: boolean
}

export function readOptions(args: readonly string[]): Options {
  const command = new Command('npm start --')
    .argument('[system]', 'which system to run', 'ecommerce')
    .option('--servers', 'use the database and broker servers that the environment names', false)
    .option(
      '--service <name>',
      'run only this service here (repeatable)',
      (name, names: string[]) => [...names, name],
      [],
    )
    .option('--data <folder>', 'where embedded data lives (default: .data/<system>)')
    .option('--fresh', 'begin with empty embedded data', false)
    .option('--port-offset <n>', 'add this to every port', wholeNumber, 0)
    .option('--demo', 'place every documented order and check how it ends', false)
    .option('--asyncapi', 'print the AsyncAPI document of its messages, and run nothing', false)
    .parse(args, { from: 'user' })
  const { servers, service, data, fresh, portOffset, demo, asyncapi } = command.opts<{
    servers: boolean
    service: string[]
    data?: string
    fresh: boolean
    portOffset: number
    demo: boolean
    asyncapi: boolean
  }>()
  const system = String(command.processedArgs[0])
  return {
    system,
    servers,
    services: service.length > 0 ? service : undefined,
    data,
    fresh,
    portOffset,
    demo,
    asyncapi,
  }
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value <= 56_000) return value
  throw new InvalidArgumentError('It must be a whole number from 0 to 56000.')
}
