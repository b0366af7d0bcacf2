import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const all = new Set<Started>()

/** Ends what a test has left running. */
export async function endAll(): Promise<void> {
  for (const { child } of all) child.kill('SIGKILL')
  await Promise.all([...all].map(({ ended }) => ended))
}

/** Starts the systems as `npm start` and their image do. `hear` is told each line that it logs. */
export function started(args: readonly string[], variables: Variables = {}, hear?: (line: string) => void): Started {
  return startedNode([inTree('systems/dist/main.js'), ...args], variables, hear)
}

/** Starts Node with these arguments. */
export function startedNode(args: readonly string[], variables: Variables, hear?: (line: string) => void): Started {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  return heardOf(child, args, hear)
}

/** What a process with these arguments says, from now on. */
export function heardOf(child: ChildProcess, args: readonly string[], hear?: (line: string) => void): Started {
  const said = { out: '', err: '' }
  const listeners = new Set<() => void>()
  const listenTo = (stream: 'out' | 'err') => (chunk: Buffer) => {
    said[stream] = (said[stream] + chunk).slice(-saidMax)
    for (const listen of listeners) listen()
  }
  child.stdout?.on('data', listenTo('out'))
  child.stderr?.on('data', listenTo('err'))
  if (hear !== undefined) createInterface({ input: child.stderr! }).on('line', hear)
  const ended = new Promise<Ended>(resolve => child.once('close', (code, signal) => resolve({ code, signal, ...said })))
  const running: Started = {
    child,
    ended,
    says: text =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!(said.out + said.err).includes(text)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        void ended.then(({ code, signal, out, err }) =>
          reject(new Error(`${args.join(' ')} ended with ${code ?? signal} and never said "${text}":\n${out}${err}`)),
        )
        look()
      }),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      const { code, err } = await ended
      if (signal !== 'SIGKILL' && code !== 0)
        throw new Error(`${args.join(' ')} ended with ${code} when it was asked to stop:\n${err.slice(-10_000)}`)
    },
  }
  all.add(running)
  void ended.then(() => all.delete(running))
  return running
}

export type Variables = { readonly [name: string]: string }

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when it has said so, on whichever stream. Rejects if it ends before. */
  says(text: string): Promise<void>
  /** Ends it. Rejects if it was asked to stop and did not end with 0. @defaultValue SIGTERM */
  stop(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<void>
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** What it said, the last of it. */
  readonly out: string
  readonly err: string
}

function inTree(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url))
}

/** Of each stream, in characters: some run for a quarter of an hour. */
const saidMax = 200_000
