import { Environment, Trouble } from './runner/environment.ts'
import { type Options, readOptions } from './runner/options.ts'
import { run, tell } from './runner/run.ts'
import type { System } from './runner/system.ts'

/** Loaded when they are asked for: a system needs the drivers of its own databases and broker only. */
const systems: { readonly [name: string]: () => Promise<LoadedSystem> } = {
  ecommerce: async () => await import('./ecommerce/main.ts'),
}

interface LoadedSystem {
  system(environment: Environment): System
  demo(): Promise<number>
}

async function main(options: Options, environment: Environment): Promise<number> {
  const load = systems[options.system]
  if (load === undefined) {
    throw new Trouble(`There is no system ${options.system}; there is ${Object.keys(systems).join(', ')}.`)
  }
  const { system, demo } = await load()
  return options.demo ? demo() : run(system(environment), options, environment, stopSignal())
}

/** Asked once, a process stops in good order; within ten seconds or when asked twice, at once. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  const stop = () => {
    if (stopping.signal.aborted) process.exit(130)
    stopping.abort()
    setTimeout(() => process.exit(1), 9_800).unref()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // The script that started us is gone.
  process.on('disconnect', stop)
  return stopping.signal
}

// Whoever read what we say has gone: there is nobody to run for.
process.stdout.on('error', () => process.exit(1))

process.exitCode = await main(readOptions(process.argv.slice(2)), new Environment(process.env)).catch(tell)
process.exit()
