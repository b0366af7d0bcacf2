import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Keeper } from './keeper.ts'
import { untilItIsSilent } from './ports.ts'

/** A server that is ended and started again, on the same port and with the data that it has. */
export interface Restartable {
  /** SIGKILL: it is gone until `start`. */
  kill(): Promise<void>
  /** Ends it as an administrator does. */
  shutDown(): Promise<void>
  /** After `kill` or `shutDown`. Resolves when it serves. */
  start(): Promise<void>
  /** `shutDown` and `start`. */
  restart(): Promise<void>
  /** Ends it for good and removes its data. */
  stop(): Promise<void>
}

export interface Freezable {
  /** SIGSTOP: it holds its connections and says nothing, as if the network were gone, until `thaw`. */
  freeze(): void
  thaw(): void
}

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Where it runs, and what it says is kept. */
  readonly folder: string
  readonly port: number
  readonly serves: () => Promise<boolean>
}

/** Starts a program in a process group of its own, which ends with its keeper. Resolves when it serves. */
export async function startProgram(program: Program, keeper: Keeper): Promise<Restartable & Freezable> {
  let server = await boot(program, keeper)

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (server.exitCode === null && server.signalCode === null) {
      const gone = new Promise(resolve => server.once('exit', resolve))
      server.ref()
      process.kill(-server.pid!, signal)
      await gone
    }
    await untilItIsSilent(program.port)
  }

  async function start(): Promise<void> {
    server = await boot(program, keeper)
  }

  return {
    kill: () => end('SIGKILL'),
    shutDown: () => end('SIGTERM'),
    freeze: () => void process.kill(-server.pid!, 'SIGSTOP'),
    thaw: () => void process.kill(-server.pid!, 'SIGCONT'),
    start,
    restart: async () => {
      await end('SIGTERM')
      await start()
    },
    stop: () => keeper.release(),
  }
}

/** A server that the environment names. */
export function notOurs(variable: string): Omit<Restartable, 'stop'> {
  const refuse = refusing(variable)
  return { kill: refuse, shutDown: refuse, start: refuse, restart: refuse }
}

/** What is only done to servers that we have started. */
export function refusing(variable: string): () => Promise<never> {
  return async () => {
    throw new Error(`What ${variable} names is not ours to stop or to ask: unset it to have one started.`)
  }
}

/** What the program that runs there has said since it was started. */
export function saidIn(folder: string): Promise<string> {
  return readFile(join(folder, logFile), 'utf8').catch(() => '')
}

const logFile = 'output.log'
const startMsMax = 120_000

async function boot({ command, args, env, folder, serves }: Program, keeper: Keeper): Promise<ChildProcess> {
  const log = openSync(join(folder, logFile), 'w')
  const child = spawn(command, args, {
    ...(env === undefined ? {} : { env }),
    ...{ cwd: folder, detached: true, stdio: ['ignore', log, log] },
  })
  closeSync(log)
  child.unref()
  keeper.watch(child.pid!)
  const giveUpAt = Date.now() + startMsMax
  while (!(await serves())) {
    if (child.exitCode !== null || Date.now() > giveUpAt)
      throw new Error(`${command} did not start:\n${(await saidIn(folder)).slice(-4_000)}`)
    await pause(50)
  }
  return child
}
