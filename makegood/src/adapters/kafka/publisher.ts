import { murmur2 } from '@platformatic/kafka'
import { systemClock } from '../../ports/clock.ts'
import type { LinkOptions, LinkState, Published } from '../../ports/transport.ts'
import type { Envelope } from '../../ports/wire.ts'
import { type Publication, Publications } from '../publication.ts'
import { type Life, Recovering } from '../recovering.ts'
import { abandon, producerOf } from './clients.ts'
import type { ResolvedOptions } from './options.ts'
import { outcomeOf, type Said } from './produced.ts'
import { type RecordToSend, recordOf } from './record.ts'
import type { Topics } from './topics.ts'
import { declare } from './topology.ts'
import { troubleOf } from './trouble.ts'

/** What one request carries at most. Brokers limit a batch to 1 MiB if they are not told otherwise; one that is larger goes alone. */
const recordsMax = 500
const bytesMax = 900_000
/** How long a partition may be without a leader: so many times this pause. */
const leaderMs = 100
const triesMax = 50
/** How often a publisher that has nothing to send asks whether anybody is there. */
const checkMs = 5_000
/** How long `close` waits for confirms. */
const closeMs = 2_000
/** How long the answer to a message is kept back that the broker refuses: it would come again at once. */
const refusedMs = 1_000

/**
 * Writes records, with the confirmation of all replicas that are in sync. One request at a time: what comes meanwhile
 * goes with the next one, so that the order of what was published is the order of what is written, and a busy link
 * sends large batches.
 */
export class Publisher {
  readonly #options: ResolvedOptions
  readonly #link: LinkOptions
  readonly #topics: Topics
  readonly #connection: Recovering
  readonly #publications = new Publications()
  /** In the order in which they are to be written. */
  #waiting: Copy[] = []
  #wake: () => void = () => {}
  #producer: Producer | undefined
  /** Where the next record without a key goes. */
  #turn = 0
  #closed = false

  constructor(options: ResolvedOptions, link: LinkOptions, topics: Topics) {
    this.#options = options
    this.#link = link
    this.#topics = topics
    this.#connection = new Recovering({
      name: `${link.service} (publishing)`,
      report: link.report,
      troubleOf: error => troubleOf(error, options),
      live: life => this.#live(life),
    })
  }

  get state(): LinkState {
    return this.#connection.state
  }

  publish(envelopes: readonly Envelope[]): Promise<Published> {
    const sends = !this.#closed && this.state.state === 'connected'
    const publication = this.#publications.begin(sends ? envelopes.length : 0)
    if (!sends) return publication.outcome
    for (const envelope of envelopes) this.#pass(envelope, publication)
    this.#wake()
    return publication.outcome
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.state.state === 'connected') await this.#publications.settled(closeMs)
    await this.#connection.close()
    this.#publications.endOlderThan(0)
  }

  /** Confirmed when it is written to each topic that somebody reads. */
  #pass(envelope: Envelope, publication: Publication): void {
    const topics = this.#topics.of(envelope)
    if (topics.length === 0) {
      if (envelope.mandatory) publication.returned(envelope.id)
      else publication.confirm(envelope.id)
      return
    }
    let [open, held] = [topics.length, true]
    const settle = (isHeld: boolean) => {
      open -= 1
      held &&= isHeld
      if (open > 0) return
      if (held) publication.confirm(envelope.id)
      else publication.leave()
    }
    for (const topic of topics) {
      this.#waiting.push({ envelope, topic, record: recordOf(envelope, this.#topics.addressOf(topic)), settle })
    }
  }

  async #live(life: Life): Promise<void> {
    const producer = producerOf(this.#options)
    const writing = (async () => {
      await declare(this.#topics, this.#options)
      this.#producer = producer
      life.ready(`Kafka at ${this.#options.brokers.join(', ')}`)
      while (this.#producer === producer) await this.#writeOrCheck(producer)
    })()
    producer.on('client:broker:disconnect', () => this.#wake())
    try {
      await Promise.race([writing, life.lost])
    } finally {
      this.#producer = undefined
      for (const { settle } of this.#waiting.splice(0)) settle(false)
      this.#wake()
      await abandon(producer)
      await writing.catch(() => {})
    }
  }

  async #writeOrCheck(producer: Producer): Promise<void> {
    if (this.#waiting.length === 0) await this.#something()
    if (this.#waiting.length > 0) await this.#send(producer, this.#takeUpTo())
    else if (this.#producer === producer) await producer.metadata({ topics: [], forceUpdate: true })
  }

  /** Resolves when there is something to send, or to look at. */
  async #something(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#wake = resolve
      timer = setTimeout(resolve, checkMs)
    })
    clearTimeout(timer)
  }

  #takeUpTo(): readonly Copy[] {
    let bytes = 0
    const fits = ({ record }: Copy, at: number) => {
      bytes += record.value.length
      return at === 0 || (at < recordsMax && bytes <= bytesMax)
    }
    const end = this.#waiting.findIndex((copy, at) => !fits(copy, at))
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  /** @throws what ends the connection. What the broker refuses about a message itself does not. */
  async #send(producer: Producer, copies: readonly Copy[], tries = 0): Promise<void> {
    const open = new Set(copies)
    try {
      const addressed = await this.#address(producer, copies)
      let failure: unknown
      await producer.send({ messages: addressed.map(({ message }) => message) }).catch(error => {
        failure = error
      })
      const outcome = outcomeOf(failure)
      const said = new Map(addressed.map(({ copy, message }) => [copy, outcome.of(message)]))
      for (const [copy, says] of said) if (this.#isSettled(copy, says, copies.length)) open.delete(copy)
      if (outcome.endsConnection || tries > triesMax) throw failure
      const again = (says: Said) => [...open].filter(copy => said.get(copy) === says)
      const notYet = again('NOT_YET')
      if (notYet.length > 0) {
        // A partition has lost its leader, and nothing of it was written.
        await systemClock.sleep(leaderMs)
        producer.clearMetadata()
        for (const copy of notYet) open.delete(copy)
        await this.#send(producer, notYet, tries + 1)
      }
      // Together they were too much for the topic; the ones that are too large by themselves are found so.
      for (const copy of again('TOO_LARGE')) {
        open.delete(copy)
        await this.#send(producer, [copy])
      }
    } finally {
      for (const { settle } of open) settle(false)
    }
  }

  #isSettled(copy: Copy, says: Said, together: number): boolean {
    switch (says) {
      case 'HELD':
        copy.settle(true)
        return true
      case 'UNKNOWN':
        copy.settle(false)
        return true
      case 'NOT_YET':
        return false
      case 'TOO_LARGE':
        if (together === 1) this.#refuse(copy, 'it is larger than max.message.bytes allows')
        return together === 1
      case 'NOT_ALLOWED':
        this.#refuse(copy, 'we may not write to it')
        return true
    }
  }

  /** The same key to the same partition, as clients in Java do it; what has none takes turns. */
  async #address(producer: Producer, copies: readonly Copy[]): Promise<readonly Addressed[]> {
    const { topics } = await producer.metadata({ topics: [...new Set(copies.map(({ topic }) => topic))] })
    return copies.map(copy => {
      const { topic, record } = copy
      const partitions = topics.get(topic)!.partitionsCount
      const number = record.key === undefined ? this.#turn++ : murmur2(record.key) & 0x7fff_ffff
      return { copy, message: { ...record, topic, partition: number % partitions } }
    })
  }

  #refuse({ envelope, topic, settle }: Copy, why: string): void {
    this.#link.report({
      level: 'error',
      message: `${envelope.id} to ${envelope.address} cannot be written to the topic ${topic}: ${why}; it stays in the outbox`,
    })
    setTimeout(() => settle(false), refusedMs).unref()
  }
}

type Producer = ReturnType<typeof producerOf>

/** An envelope on its way to one topic. */
interface Copy {
  readonly envelope: Envelope
  readonly topic: string
  readonly record: RecordToSend
  readonly settle: (isHeld: boolean) => void
}

interface Addressed {
  readonly copy: Copy
  readonly message: RecordToSend & { readonly topic: string; readonly partition: number }
}
