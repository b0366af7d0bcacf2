import { type ChildProcess, fork } from 'node:child_process'

/** A process of a set-up: started with the flags of this one, ended by it, and never left behind. */
export interface Child {
  readonly process: ChildProcess
  stop(): Promise<void>
}

/** Starts `file` and resolves when it says that it is ready. */
export function startChild(file: string, input: unknown, flags: readonly string[] = process.execArgv): Promise<Child> {
  const child = fork(file, [JSON.stringify(input)], { execArgv: [...flags], serialization: 'advanced' })
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`${file} ended with ${code} before it was ready`)))
    child.once('message', () =>
      resolve({
        process: child,
        stop: async () => {
          if (child.connected) child.disconnect()
          const impatience = setTimeout(() => child.kill('SIGKILL'), 15_000)
          await gone
          clearTimeout(impatience)
        },
      }),
    )
  })
}

/** The main of a child: starts, says that it is ready, and stops when its parent hangs up or is gone. */
export async function runAsChild<Input>(start: (input: Input) => Promise<() => Promise<void>>): Promise<void> {
  const stop = await start(JSON.parse(process.argv[2]!) as Input)
  process.once('disconnect', () => {
    stop().then(
      () => process.exit(0),
      error => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.send!('ready')
}
