import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** One process that runs one service, until it is ended or ends by itself. */
export class ServiceProcess {
  readonly service: string
  /** Rejects if it ends before. */
  readonly ready: Promise<void>
  readonly exited: Promise<string>
  readonly #child: ChildProcess
  #isReady = false
  #wanted = true

  constructor({ service, portOffset, variables, onLine, onCrash }: ServiceProcessOptions) {
    this.service = service
    const args = ['ecommerce', '--servers', '--service', service, '--port-offset', String(portOffset)]
    this.#child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', main, ...args], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const lastWords: string[] = []
    const hear = (line: string) => {
      lastWords.push(line)
      if (lastWords.length > 40) lastWords.shift()
      onLine(line)
    }
    this.exited = new Promise(resolve => this.#child.once('exit', (code, signal) => resolve(String(signal ?? code))))
    this.ready = new Promise((resolve, reject) => {
      eachLine(this.#child.stdout!, line => {
        if (!line.includes('is ready')) return
        this.#isReady = true
        resolve()
      })
      void this.exited.then(how => reject(new Error(`${service} ended (${how}) before it was ready.`)))
    })
    this.ready.catch(() => {})
    eachLine(this.#child.stderr!, hear)
    void this.exited.then(how => {
      this.#isReady = false
      if (this.#wanted) onCrash(`${service} ended by itself (${how}): ${lastWords.join('\n')}`)
    })
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** What it holds in memory, in MiB. */
  get residentMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<string> {
    this.#wanted = false
    this.#child.kill(signal)
    return this.exited
  }
}

export interface ServiceProcessOptions {
  readonly service: string
  /** Added to the service's documented port. */
  readonly portOffset: number
  readonly variables: { readonly [name: string]: string }
  /** Told of each line that it logs. */
  readonly onLine: (line: string) => void
  /** Told if it ends without having been asked to. */
  readonly onCrash: (report: string) => void
}

const main = fileURLToPath(new URL('../../../main.ts', import.meta.url))

function eachLine(stream: NodeJS.ReadableStream, hear: (line: string) => void): void {
  let rest = ''
  stream.on('data', chunk => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) hear(line)
  })
}
