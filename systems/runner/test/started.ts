import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const all = new Set<Started>()

/** Ends what a test has left running. */
export async function endAll(): Promise<void> {
  for (const { child } of all) child.kill('SIGKILL')
  await Promise.all([...all].map(({ ended }) => ended))
  all.clear()
}

/** Starts `systems/main.ts` as `npm start` does. */
export function started(args: readonly string[], variables: { readonly [name: string]: string } = {}): Started {
  const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', main, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const said = { out: '', err: '' }
  const listeners = new Set<() => void>()
  const hear = (stream: 'out' | 'err') => (chunk: Buffer) => {
    said[stream] += chunk.toString()
    for (const listen of listeners) listen()
  }
  child.stdout?.on('data', hear('out'))
  child.stderr?.on('data', hear('err'))
  const ended = new Promise<Ended>(resolve => child.once('close', code => resolve({ code, ...said })))
  const running: Started = {
    child,
    ended,
    says: text =>
      new Promise((resolve, reject) => {
        const look = () => (said.out + said.err).includes(text) && resolve()
        listeners.add(look)
        void ended.then(({ code, out, err }) =>
          reject(new Error(`It ended with ${code} and never said "${text}":\n${out}${err}`)),
        )
        look()
      }),
  }
  all.add(running)
  return running
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when it has said so, on whichever stream. */
  says(text: string): Promise<void>
}

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}
