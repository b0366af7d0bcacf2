import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type Started, started, type Variables } from '../started.ts'

/** One process that runs one service, until it is ended or ends by itself. */
export class ServiceProcess {
  /** Rejects if it ends before. */
  readonly ready: Promise<void>
  readonly #process: Started
  #isReady = false
  #wanted = true

  constructor({ system, service, portOffset, variables, onLine, onCrash }: ServiceProcessOptions) {
    const args = [system, '--servers', '--service', service, '--port-offset', String(portOffset)]
    this.#process = started(args, variables, onLine)
    this.ready = this.#process.says('is ready').then(() => {
      this.#isReady = true
    })
    this.ready.catch(() => {})
    void this.#process.ended.then(({ code, signal, err }) => {
      this.#isReady = false
      if (this.#wanted) onCrash(`${service} ended by itself (${signal ?? code}): ${err.slice(-10_000)}`)
    })
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** What it holds in memory, in MiB. */
  get residentMb(): number {
    const status = readFileSync(`/proc/${this.#process.child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024
  }

  /** Resolves with the signal that ended it, or its exit code. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<string> {
    this.#wanted = false
    this.#process.child.kill(signal)
    const { code, signal: by } = await this.#process.ended
    return String(by ?? code)
  }

  /** Stops it in the middle of whatever it does, as a machine does that is out of breath, and lets it go on. */
  async freeze(ms: number): Promise<void> {
    this.#process.child.kill('SIGSTOP')
    await pause(ms)
    this.#process.child.kill('SIGCONT')
  }
}

export interface ServiceProcessOptions {
  readonly system: string
  readonly service: string
  /** Added to the service's documented port. */
  readonly portOffset: number
  readonly variables: Variables
  /** Told of each line that it logs. */
  readonly onLine: (line: string) => void
  /** Told if it ends without having been asked to. */
  readonly onCrash: (report: string) => void
}
