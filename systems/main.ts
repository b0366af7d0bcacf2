import { documentOf } from './runner/asyncapi.ts'
import { Environment, Trouble } from './runner/environment.ts'
import { type Options, readOptions } from './runner/options.ts'
import { run, tell } from './runner/run.ts'
import type { StartableSystem } from './runner/system.ts'

/** Loaded when they are asked for: a system needs the drivers of its own databases and broker only. */
const systems: { readonly [name: string]: () => Promise<LoadedSystem> } = {
  ecommerce: async () => await import('./ecommerce/main.ts'),
  'credit-choreography': async () => await import('./credit-choreography/main.ts'),
  'kafka-orchestration': async () => await import('./kafka-orchestration/main.ts'),
  'outbox-choreography': async () => await import('./outbox-choreography/main.ts'),
  'topic-orchestration': async () => await import('./topic-orchestration/main.ts'),
}

interface LoadedSystem {
  system(environment: Environment): StartableSystem
  /** Resolves with the exit code. */
  demo(signal: AbortSignal): Promise<number>
}

async function main(options: Options, environment: Environment): Promise<number> {
  const load = systems[options.system]
  if (load === undefined) {
    throw new Trouble(`There is no system ${options.system}; there is ${Object.keys(systems).join(', ')}.`)
  }
  const { system, demo } = await load()
  if (options.asyncapi) return print(await documentOf(system(environment)))
  const signal = stopSignal()
  return options.demo ? demo(signal) : run(system(environment), options, environment, signal)
}

function print(document: object): Promise<number> {
  const text = `${JSON.stringify(document, null, 2)}\n`
  return new Promise(resolve => process.stdout.write(text, () => resolve(0)))
}

/** A process that is asked to stop does so in good order within ten seconds; a second Ctrl-C does not wait for that. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  const stop = () => {
    if (stopping.signal.aborted) return
    stopping.abort()
    setTimeout(() => process.exit(1), 9_800).unref()
  }
  // May come twice: from whoever ends the whole group, and from the script that started us.
  process.on('SIGTERM', stop)
  process.on('SIGINT', () => (stopping.signal.aborted ? process.exit(130) : stop()))
  // The script that started us is gone; it may have been before anybody listened.
  process.on('disconnect', stop)
  if (process.connected === false) stop()
  return stopping.signal
}

// Whoever read what we say has gone: there is nobody to run for.
process.stdout.on('error', () => process.exit(1))

process.exitCode = await main(readOptions(process.argv.slice(2)), new Environment(process.env)).catch(tell)
process.exit()
