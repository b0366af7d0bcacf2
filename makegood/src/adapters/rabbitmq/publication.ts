import type { Published } from '../../ports/transport.ts'

/** One call of `publish`: one promise for all its messages. */
export class Publication {
  readonly begunAt: number = Date.now()
  readonly outcome: Promise<Published>
  readonly #confirmed: string[] = []
  readonly #undeliverable: string[] = []
  readonly #ended: () => void
  #open: number
  #resolve!: (published: Published) => void

  constructor(messages: number, ended: () => void) {
    this.#open = messages
    this.#ended = ended
    this.outcome = new Promise(resolve => {
      this.#resolve = resolve
    })
    if (messages === 0) this.#resolve({ confirmed: [], undeliverable: [] })
  }

  confirm(id: string): void {
    this.#confirmed.push(id)
    this.leave()
  }

  returned(id: string): void {
    this.#undeliverable.push(id)
    this.leave()
  }

  /** One message more of which nothing is said. */
  leave(): void {
    this.#open -= 1
    if (this.#open === 0) this.end()
  }

  /** Resolves with what is known by now. */
  end(): void {
    this.#ended()
    this.#resolve({ confirmed: this.#confirmed, undeliverable: this.#undeliverable })
  }
}
