import { nowOf, type Terminal } from './terminal.ts'
import { type Text, written } from './text.ts'

/**
 * Says how far work is that takes its time: nothing in the first two seconds, then one line that is written again, or
 * where that cannot be a line every five seconds.
 */
export class Progress {
  readonly #terminal: Terminal
  #nextAt: number
  #isShown = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    this.#nextAt = nowOf(terminal) + patienceMs
  }

  at(line: Text): void {
    const { err, rewritable = false, width = Number.POSITIVE_INFINITY } = this.#terminal
    const now = nowOf(this.#terminal)
    if (now < this.#nextAt) return
    this.#nextAt = now + (rewritable ? 0 : pauseMs)
    this.#isShown = true
    const plain = written(line, false)
    err(rewritable ? `${eraseLine}${plain.slice(0, width - 1)}` : `${plain}\n`)
  }

  end(): void {
    if (this.#isShown && this.#terminal.rewritable) this.#terminal.err(eraseLine)
    this.#isShown = false
  }
}

const patienceMs = 2_000
const pauseMs = 5_000
const eraseLine = '\r\x1b[K'
