import type { ConsumerGroupJoinPayload } from '@platformatic/kafka'
import { systemClock } from '../../ports/clock.ts'
import type { LinkEvent } from '../../ports/transport.ts'
import type { Queue } from '../../ports/wire.ts'
import { inTime } from '../in-time.ts'
import { abandon, consumerOf, leaveGroup } from './clients.ts'
import type { ResolvedOptions } from './options.ts'
import { type KafkaDelivery, Partition } from './partition.ts'
import { envelopeOf, type Place } from './record.ts'
import type { Topics } from './topics.ts'
import { apiErrorsIn, isOfNetwork, troubleOf } from './trouble.ts'

/** How long a broker waits for something to send; a fetch that takes much longer is one that nobody answers. */
const waitMs = 500
const stalledMs = 10_000
const partitionBytes = 256 * 1024
const fetchBytes = 4 * 1024 * 1024
const watchMs = 1_000
/** How long a partition that could not be read is left alone. */
const restMs = 1_000
/** How long a partition may be without a leader when we begin with it. */
const leaderlessMs = 5_000
const reportAgainMs = 60_000
/** How often the number of partitions is looked up. */
const countMs = 10_000
/** How long the last commit may take. */
const flushMs = 2_000

export interface ReaderPlan {
  readonly options: ResolvedOptions
  readonly topics: Topics
  readonly queue: Queue
  readonly report: (event: LinkEvent) => void
  /** Who we were in the group before, if we did not leave it. */
  readonly memberId: string | undefined
  /** Whether there is room for what is fetched next. */
  readonly hasRoom: () => boolean
  readonly arrived: (deliveries: readonly KafkaDelivery[]) => void
  /** What is open of these comes again, here or elsewhere. */
  readonly lost: (partitions: ReadonlySet<Partition>) => void
  /** More was committed. */
  readonly committed: () => void
}

/**
 * One membership in the group of a queue, from joining it until something goes wrong. Heartbeats and commits go over
 * one connection and fetches over another, for a fetch waits at the broker and whatever comes after it on its
 * connection with it. A slow handler slows down nothing here: nothing is fetched while there is no room.
 */
export class Reader {
  readonly #plan: ReaderPlan
  readonly #member: Client
  readonly #fetcher: Client
  readonly #watch: NodeJS.Timeout
  readonly #failed: Promise<never>
  #fail: (why: unknown) => void = () => {}
  #firstAssigned: () => void = () => {}
  #closed = false

  /** Ours in the present generation of the group, by name. */
  #partitions = new Map<string, Partition>()
  #leaders = new Map<string, Leader>()
  #memberId: string | undefined
  #generation = 0
  /** Counts assignments: one that is overtaken by the next is given up. */
  #assignments = 0
  #isAssigned = false
  /** Somebody comes or goes, and the group waits until all have said what they read, or are given up. */
  #isGathering = false
  #aliveAt = Date.now()

  /** When the fetch began that is under way at a broker. */
  readonly #fetching = new Map<number, number>()
  readonly #resting = new Map<Partition, number>()
  readonly #reported = new Map<string, number>()
  #committing: Promise<void> | undefined
  #uncommittedSince: number | undefined
  #countedAt = Date.now()

  constructor(plan: ReaderPlan) {
    this.#plan = plan
    this.#member = consumerOf(plan.options, plan.queue.name)
    this.#member.memberId = plan.memberId ?? null
    this.#fetcher = consumerOf(plan.options, plan.queue.name)
    this.#failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.#failed.catch(() => {})
    this.#watch = setInterval(() => this.#check(), watchMs)
  }

  /**
   * Partitions are ours, and known how far they were read. While the group gathers they stay so: nobody else is given
   * them before it has begun a new generation, and until then whoever is missing holds up nothing but his own.
   */
  get isAssigned(): boolean {
    const { memberId, generationId } = this.#member
    return this.#isAssigned && memberId === this.#memberId && generationId === this.#generation
  }

  /** Resolves when partitions are assigned for the first time, be there none left for us. */
  async join(): Promise<void> {
    const member = this.#member
    member.on('consumer:group:join', joined => void this.#assign(joined).catch(this.#fail))
    member.on('consumer:group:rebalance', () => {
      this.#isGathering = true
      this.#aliveAt = Date.now()
    })
    member.on('consumer:heartbeat:end', () => {
      this.#aliveAt = Date.now()
    })
    member.on('consumer:heartbeat:error', ({ error }) => {
      if (apiErrorsIn(error).some(({ id }) => /COORDINATOR/.test(id))) this.#fail(error)
    })
    for (const client of [member, this.#fetcher]) {
      client.on('error', this.#fail)
      // Not at once: the client still has the connection that is gone, and would wait for it.
      client.on('client:broker:disconnect', () => setImmediate(() => void this.#lookAround().catch(this.#fail)))
    }
    member.topics.trackAll(...this.#plan.topics.readBy(this.#plan.queue))
    const assigned = new Promise<void>(resolve => {
      this.#firstAssigned = resolve
    })
    await Promise.race([member.joinGroup(), this.#failed])
    await Promise.race([assigned, this.#failed])
  }

  /** Never resolves: rejects with what went wrong. */
  get failed(): Promise<never> {
    return this.#failed
  }

  /**
   * Who asks and commits in the name of the member. While that waits for all others to join, whatever came after on its
   * connection would wait with it.
   */
  get #speaker(): Client {
    return this.#isGathering ? this.#fetcher : this.#member
  }

  owns(partition: Partition): boolean {
    return this.#partitions.get(partition.name) === partition
  }

  /** There is room again. */
  fetchMore(): void {
    if (!this.isAssigned || this.#closed || !this.#plan.hasRoom()) return
    for (const [node, partitions] of this.#byLeader()) {
      if (this.#fetching.has(node)) continue
      this.#fetching.set(node, Date.now())
      void this.#fetch(node, partitions).finally(() => {
        this.#fetching.delete(node)
        this.fetchMore()
      })
    }
  }

  /** Commits as far as everything before was acknowledged. One request at a time, for all partitions. */
  commit(): Promise<void> {
    this.#committing ??= this.#commitAll().finally(() => {
      this.#committing = undefined
    })
    return this.#committing
  }

  /** How many records of the queue's topics stand behind what the group has committed. */
  async uncommitted(): Promise<number> {
    const offsets = await this.#offsetsOf([...this.#leaders.values()])
    return offsets.reduce((sum, { committed, earliest, latest }) => {
      const next = committed > earliest ? committed : earliest
      return sum + Number(latest - next)
    }, 0)
  }

  /** Commits what it can, and gives the partitions to others at once. */
  async leave(): Promise<void> {
    await inTime(flushMs, this.commit())
    this.#closed = true
    await leaveGroup(this.#member)
  }

  /** Ends without a word to the group. Returns who it was there: whoever comes next need not wait for its session to end. */
  async abandon(): Promise<string | undefined> {
    clearInterval(this.#watch)
    this.#closed = true
    this.#isAssigned = false
    this.#drop([...this.#partitions.values()])
    await Promise.all([abandon(this.#member), abandon(this.#fetcher)])
    return this.#memberId ?? this.#plan.memberId
  }

  // ── Which partitions are ours ─────────────────────────────────────────────────────────────────────────────────────

  /**
   * A partition that was ours in the generation before is ours without a break, and what is open of it stays open:
   * nobody else can have had it. All others begin at what is committed.
   */
  async #assign({ memberId, generationId = 0, assignments = [] }: ConsumerGroupJoinPayload): Promise<void> {
    this.#assignments += 1
    const assignment = this.#assignments
    const isUnbroken = memberId === this.#memberId && generationId === this.#generation + 1
    this.#isAssigned = false
    this.#isGathering = false
    this.#memberId = memberId
    this.#generation = generationId
    this.#aliveAt = Date.now()
    Object.assign(this.#fetcher, { memberId, generationId })
    const ours = assignments.flatMap(({ topic, partitions }) => partitions.map(number => ({ topic, number })))
    const names = new Set(ours.map(nameOf))
    this.#drop([...this.#partitions.values()].filter(({ name }) => !isUnbroken || !names.has(name)))
    const isOvertaken = () => assignment !== this.#assignments || this.#closed
    await this.#add(
      ours.filter(where => !this.#partitions.has(nameOf(where))),
      isOvertaken,
    )
    if (isOvertaken()) return
    this.#isAssigned = true
    this.#firstAssigned()
    void this.commit()
    this.fetchMore()
    this.#plan.committed()
  }

  #drop(partitions: readonly Partition[]): void {
    if (partitions.length === 0) return
    for (const partition of partitions) {
      this.#partitions.delete(partition.name)
      this.#resting.delete(partition)
    }
    this.#plan.lost(new Set(partitions))
  }

  async #add(wheres: readonly Where[], isOvertaken: () => boolean = () => this.#closed): Promise<void> {
    await this.#findLeaders()
    if (wheres.length === 0) return
    const offsets = await this.#onceLed(() => this.#offsetsOf(wheres))
    if (isOvertaken()) return
    for (const found of offsets) {
      const { topic, number, latest } = found
      this.#partitions.set(nameOf(found), new Partition(topic, number, this.#startOf(found), latest))
    }
  }

  async #offsetsOf(wheres: readonly Where[]): Promise<readonly Offsets[]> {
    const topics = [...new Set(wheres.map(({ topic }) => topic))]
    const numbersOf = (topic: string) => wheres.filter(where => where.topic === topic).map(({ number }) => number)
    const partitions = Object.fromEntries(topics.map(topic => [topic, numbersOf(topic)]))
    const [committed, earliest, latest] = await Promise.all([
      this.#speaker.listCommittedOffsets({
        topics: topics.map(topic => ({ topic, partitions: numbersOf(topic) })),
      }),
      this.#fetcher.listOffsets({ topics: [...topics], partitions, timestamp: -2n }),
      this.#fetcher.listOffsets({ topics: [...topics], partitions, timestamp: -1n }),
    ])
    return wheres.map(where => {
      const at = (offsets: Map<string, bigint[]>) => offsets.get(where.topic)?.[where.number] ?? -1n
      return { ...where, committed: at(committed), earliest: at(earliest), latest: at(latest) }
    })
  }

  /** A partition that was just made, or whose broker is gone, has no leader for a moment. */
  async #onceLed<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await ask()
      } catch (error) {
        const isEveryday = apiErrorsIn(error).some(({ id }) => /LEADER|UNKNOWN_TOPIC/.test(id))
        if (!isEveryday || tries === leaderlessMs / 100 || this.#closed) throw error
      }
      await systemClock.sleep(100)
      this.#fetcher.clearMetadata()
    }
  }

  /** Where nothing is committed at the earliest: what was sent before anybody read counts too. */
  #startOf({ committed, earliest, latest, ...where }: Offsets): bigint {
    if (committed >= earliest && committed <= latest) return committed
    if (committed >= 0n) {
      const message = `${this.#plan.queue.name} had read ${nameOf(where)} up to ${committed}, and it now has ${earliest} to ${latest}: messages were deleted before they were read, or the topic was made anew; going on at ${earliest}`
      this.#plan.report({ level: 'error', message })
    }
    return earliest
  }

  async #findLeaders(): Promise<void> {
    const topics = [...this.#plan.topics.readBy(this.#plan.queue)]
    const metadata = await this.#fetcher.metadata({ topics, forceUpdate: true })
    const leaders = new Map<string, Leader>()
    for (const [topic, { id, partitions }] of metadata.topics) {
      for (const [number, { leader }] of partitions.entries()) {
        leaders.set(nameOf({ topic, number }), { topic, number, node: leader, topicId: id })
      }
    }
    const grown = this.#leaders.size > 0 && leaders.size !== this.#leaders.size
    this.#leaders = leaders
    this.#countedAt = Date.now()
    if (grown) throw new Error(`the number of partitions that ${this.#plan.queue.name} reads has changed`)
  }

  /** A broker is gone: if another answers, the group goes on without it. */
  async #lookAround(): Promise<void> {
    if (!this.#closed) await this.#findLeaders()
  }

  // ── Fetching ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #byLeader(): ReadonlyMap<number, readonly Partition[]> {
    const now = Date.now()
    const byLeader = new Map<number, Partition[]>()
    for (const partition of this.#partitions.values()) {
      const leader = this.#leaders.get(partition.name)
      if (!leader || leader.node < 0 || (this.#resting.get(partition) ?? 0) > now) continue
      byLeader.set(leader.node, [...(byLeader.get(leader.node) ?? []), partition])
    }
    return byLeader
  }

  /** One partition that cannot be read does not hold up the others: they are read one by one, and it is left alone. */
  async #fetch(node: number, partitions: readonly Partition[]): Promise<void> {
    try {
      await this.#fetchFrom(node, partitions, waitMs)
    } catch (error) {
      if (this.#closed) return
      if (isOfNetwork(error)) {
        this.#leaveAlone(partitions)
        await this.#lookAround().catch(this.#fail)
        return
      }
      for (const partition of partitions) {
        await this.#fetchFrom(node, [partition], 0).catch(error => this.#cannotRead(partition, error))
      }
    }
  }

  async #fetchFrom(node: number, partitions: readonly Partition[], maxWaitTime: number): Promise<void> {
    const requested = new Map<string, Partition>()
    const topics = partitions.map(partition => {
      const { topicId } = this.#leaders.get(partition.name)!
      requested.set(`${topicId}:${partition.number}`, partition)
      return {
        topicId,
        partitions: [
          {
            partition: partition.number,
            fetchOffset: partition.position,
            partitionMaxBytes: partitionBytes,
            ...{ currentLeaderEpoch: -1, lastFetchedEpoch: -1 },
          },
        ],
      }
    })
    const response = await this.#fetcher.fetch({ node, topics, maxWaitTime, minBytes: 1, maxBytes: fetchBytes })
    this.#arrive(response, requested)
  }

  #arrive({ responses }: FetchResponse, requested: ReadonlyMap<string, Partition>): void {
    const arrived: KafkaDelivery[] = []
    for (const { topicId, partitions } of responses) {
      for (const { partitionIndex, records = [] } of partitions) {
        const partition = requested.get(`${topicId}:${partitionIndex}`)
        if (!partition || !this.owns(partition)) continue
        for (const batch of records) {
          for (const record of isControl(batch) ? [] : batch.records) {
            const offset = batch.firstOffset + BigInt(record.offsetDelta)
            // A batch is sent as a whole, also if it begins before what was asked for.
            if (offset >= partition.position) arrived.push(this.#deliveryOf(record, partition, offset))
          }
          const next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
          if (next > partition.position) partition.position = next
        }
      }
    }
    if (arrived.length > 0) this.#plan.arrived(arrived)
  }

  #deliveryOf(record: FetchedRecord, partition: Partition, offset: bigint): KafkaDelivery {
    const place: Place = { topic: partition.topic, partition: partition.number, offset }
    const envelope = envelopeOf(record, place, this.#plan.topics.addressOf(partition.topic))
    const delivery = { envelope, redelivered: partition.mayHaveBeenTaken(offset), place, partition, isOpen: true }
    partition.add(delivery)
    return delivery
  }

  async #cannotRead(partition: Partition, error: unknown): Promise<void> {
    if (this.#closed || !this.owns(partition)) return
    this.#leaveAlone([partition])
    if (isOfNetwork(error)) return
    const ids = apiErrorsIn(error).map(({ id }) => id)
    if (ids.includes('OFFSET_OUT_OF_RANGE')) {
      this.#drop([partition])
      await this.#add([partition]).catch(this.#fail)
      return
    }
    await this.#lookAround().catch(this.#fail)
    // A leader has moved, which is an everyday event.
    if (ids.some(id => /LEADER|EPOCH|UNKNOWN_TOPIC/.test(id))) return
    this.#reportOnce(`${partition.name} cannot be read: ${troubleOf(error, this.#plan.options).message}`, error)
  }

  #leaveAlone(partitions: readonly Partition[]): void {
    for (const partition of partitions) this.#resting.set(partition, Date.now() + restMs)
  }

  #reportOnce(message: string, cause: unknown): void {
    const now = Date.now()
    if (now - (this.#reported.get(message) ?? 0) < reportAgainMs) return
    this.#reported.set(message, now)
    this.#plan.report({ level: 'error', message, cause })
  }

  // ── Committing and watching ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #commitAll(): Promise<void> {
    try {
      for (let due = this.#due(); due.length > 0; due = this.#due()) {
        this.#uncommittedSince ??= Date.now()
        await this.#speaker.commit({
          offsets: due.map(({ partition: { topic, number }, offset }) => {
            return { topic, partition: number, offset, leaderEpoch: -1 }
          }),
        })
        this.#uncommittedSince = undefined
        for (const { partition, offset } of due) partition.committed(offset)
        this.#plan.committed()
      }
    } catch {
      // Between two generations it is refused, and comes with the next assignment if the partition is still ours then;
      // otherwise the watch tries it again, and gives up if that goes on.
    }
  }

  #due(): readonly { readonly partition: Partition; readonly offset: bigint }[] {
    return [...this.#partitions.values()].flatMap(partition => {
      const offset = partition.toCommit
      return offset === undefined ? [] : [{ partition, offset }]
    })
  }

  /** A member can be silent, or a fetch unanswered, while connections look well: nothing says so, and nothing comes. */
  #check(): void {
    const now = Date.now()
    const { sessionMs, answerTimeoutMs } = this.#plan.options
    // A join is answered when all others have joined.
    const silentMs = this.isAssigned && !this.#isGathering ? sessionMs / 2 : 2 * sessionMs
    if (now - this.#aliveAt > silentMs) this.#fail(new Error(`the group did not answer for ${silentMs} ms`))
    for (const [node, since] of this.#fetching) {
      if (now - since > stalledMs) this.#fail(new Error(`broker ${node} did not answer a fetch for ${stalledMs} ms`))
    }
    if (now - (this.#uncommittedSince ?? now) > answerTimeoutMs) {
      this.#fail(new Error(`offsets could not be committed for ${answerTimeoutMs} ms`))
    }
    if (now - this.#countedAt > countMs) void this.#lookAround().catch(this.#fail)
    void this.commit()
    this.fetchMore()
  }
}

type Client = ReturnType<typeof consumerOf>
type FetchResponse = Awaited<ReturnType<Client['fetch']>>

interface Where {
  readonly topic: string
  readonly number: number
}

/** Of a partition: up to where the group has read it, and what it holds. Those that are not known are -1. */
interface Offsets extends Where {
  readonly committed: bigint
  readonly earliest: bigint
  readonly latest: bigint
}

interface Leader extends Where {
  readonly node: number
  readonly topicId: string
}

type FetchedBatch = NonNullable<FetchResponse['responses'][number]['partitions'][number]['records']>[number]
type FetchedRecord = FetchedBatch['records'][number]

function nameOf({ topic, number }: Where): string {
  return `${topic}:${number}`
}

/** What brokers write themselves, at the end of transactions. */
function isControl({ attributes }: FetchedBatch): boolean {
  return (attributes & 0x20) !== 0
}
