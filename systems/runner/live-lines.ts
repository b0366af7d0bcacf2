import type { WriteStream } from 'node:tty'

/** Lines that are drawn over themselves in a terminal, and where there is none, written once: as they are at the end. */
export class LiveLines {
  readonly #out: Pick<WriteStream, 'write' | 'isTTY'>
  #height = 0

  constructor(out: Pick<WriteStream, 'write' | 'isTTY'>) {
    this.#out = out
  }

  draw(text: string): void {
    if (!this.#out.isTTY) return
    this.#write(text)
  }

  /** What is drawn now stays. */
  end(text: string): void {
    this.#write(text)
    this.#height = 0
  }

  #write(text: string): void {
    // Up to where the last drawing began, and clean from there to the end of the screen.
    const over = this.#height === 0 ? '' : `\u001b[${this.#height}A\u001b[J`
    this.#out.write(`${over}${text}\n`)
    this.#height = text.split('\n').length
  }
}
