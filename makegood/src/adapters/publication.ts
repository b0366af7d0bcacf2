import type { Published } from '../ports/transport.ts'
import { inTime } from './in-time.ts'

/** The calls of `publish` of one link that have not been answered. */
export class Publications {
  readonly #open = new Set<Publication>()

  /** One call: one promise, however many messages. */
  begin(messages: number): Publication {
    const publication = new Publication(messages, () => this.#open.delete(publication))
    if (messages > 0) this.#open.add(publication)
    return publication
  }

  /** Resolves when all are answered, at the latest after `ms`. */
  async settled(ms: number): Promise<void> {
    await inTime(ms, Promise.all([...this.#open].map(({ outcome }) => outcome)))
  }

  /** Answers those that wait for longer than `ms` with what is known. Returns how many there were. */
  endOlderThan(ms: number): number {
    const since = Date.now() - ms
    const overdue = [...this.#open].filter(({ begunAt }) => begunAt <= since)
    for (const publication of overdue) publication.end()
    return overdue.length
  }
}

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
    if (messages === 0) this.#resolve(this.#known())
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

  /** Answers with what is known by now. */
  end(): void {
    this.#ended()
    this.#resolve(this.#known())
  }

  #known(): Published {
    return { confirmed: this.#confirmed, undeliverable: this.#undeliverable }
  }
}
