import { setTimeout as pause } from 'node:timers/promises'
import type { Books } from './books.ts'
import type { Fleet } from './fleet.ts'
import type { Random } from './random.ts'
import type { ShopUnderTest } from './shop-under-test.ts'

/**
 * Keeps orders coming in, and kills the processes of all services and restarts both servers meanwhile; then leaves
 * everything alone until it is quiet, and counts.
 */
export async function chaos(shop: ShopUnderTest, options: ChaosOptions): Promise<ChaosOutcome> {
  const { random, customers: count, say } = options
  const { fleet } = shop
  fleet.onCrash = report => say(`CRASH ${report}`)
  const begunAt = performance.now()
  const deadline = AbortSignal.timeout(options.boundMs)
  const tally = new Tally(fleet.services)
  const customers = shop.customers({ random, count, keys: 'chaos', waitMs: 3_000 })
  const progress = setInterval(() => say(`${tally.line()}, ${customers.promised.size} orders`), 5_000)
  try {
    await Promise.all([
      killServices(fleet, options, tally, deadline),
      restartServer(options.postgresRestarts, random.fork('postgres'), options, tally, deadline, async hard => {
        if (hard) await shop.postgres.kill()
        await shop.postgres.restart()
        tally.restarted('PostgreSQL', hard)
      }),
      restartServer(options.rabbitmqRestarts, random.fork('rabbitmq'), options, tally, deadline, async hard => {
        if (hard) await shop.rabbitmq.kill()
        else await shop.rabbitmq.shutDown()
        await shop.rabbitmq.start()
        tally.restarted('RabbitMQ', hard)
      }),
    ])
    await customers.close()
  } finally {
    clearInterval(progress)
  }
  const faultsMs = performance.now() - begunAt
  say(`${tally.line()}, ${customers.promised.size} orders: now everything is left alone`)
  const settledMs = await shop.settled(options.settleMsMax, say)
  for (const service of fleet.services) tally.absorbed(await duplicatesIn(fleet, service))
  const books = await shop.books()
  const lost = [...customers.promised.values()].length - books.orders
  return {
    tally,
    books:
      lost === 0
        ? books
        : { ...books, wrong: [...books.wrong, `${books.orders} orders were taken, ${books.orders + lost} promised`] },
    askedAgain: customers.askedAgain,
    faultsMs,
    settledMs,
  }
}

export interface ChaosOptions {
  readonly random: Random
  /** How many processes are killed in all: each service's in turn. */
  readonly kills: number
  /** How often each server is restarted; every other time it is killed. */
  readonly postgresRestarts: number
  readonly rabbitmqRestarts: number
  readonly customers: number
  /** How long the faults may take. */
  readonly boundMs: number
  /** How long everything may take to come to rest afterwards. */
  readonly settleMsMax: number
  readonly say: (text: string) => void
}

export interface ChaosOutcome {
  readonly tally: Tally
  readonly books: Books
  readonly askedAgain: number
  readonly faultsMs: number
  readonly settledMs: number
}

/** What was done to whom. */
export class Tally {
  readonly kills = new Map<string, number>()
  readonly restarts = new Map<string, { soft: number; hard: number }>([
    ['PostgreSQL', { soft: 0, hard: 0 }],
    ['RabbitMQ', { soft: 0, hard: 0 }],
  ])
  duplicates = 0

  constructor(services: readonly string[]) {
    for (const service of services) this.kills.set(service, 0)
  }

  get killed(): number {
    return [...this.kills.values()].reduce((sum, each) => sum + each, 0)
  }

  restartsOf(server: string): number {
    const { soft, hard } = this.restarts.get(server)!
    return soft + hard
  }

  killedOne(service: string): void {
    this.kills.set(service, this.kills.get(service)! + 1)
  }

  restarted(server: string, hard: boolean): void {
    this.restarts.get(server)![hard ? 'hard' : 'soft'] += 1
  }

  absorbed(duplicates: number): void {
    this.duplicates += duplicates
  }

  line(): string {
    return `${this.killed} kills, ${this.restartsOf('PostgreSQL')} + ${this.restartsOf('RabbitMQ')} restarts`
  }
}

/** Each service in turn, in another order each time round, as soon as it is up and a moment has passed. */
async function killServices(fleet: Fleet, { kills, random, say }: ChaosOptions, tally: Tally, deadline: AbortSignal) {
  const choices = random.fork('kills')
  while (tally.killed < kills) {
    for (const service of choices.shuffled(fleet.services)) {
      if (tally.killed === kills) return
      while (!fleet.process(service).isReady) {
        if (deadline.aborted) {
          say(`${service} has not come up in time`)
          return
        }
        await pause(20)
      }
      tally.absorbed(await duplicatesIn(fleet, service))
      await pause(choices.between(0, 2_500))
      await fleet.kill(service)
      tally.killedOne(service)
    }
  }
}

/** Each time at another moment of its share of the kills. */
async function restartServer(
  times: number,
  choices: Random,
  { kills }: ChaosOptions,
  tally: Tally,
  deadline: AbortSignal,
  restart: (hard: boolean) => Promise<void>,
) {
  const ways = choices.shuffled(Array.from({ length: times }, (_, number) => number % 2 === 0))
  for (const [number, hard] of ways.entries()) {
    const afterKills = Math.floor(((number + choices.next()) * kills) / times)
    while (tally.killed < afterKills && !deadline.aborted) await pause(20)
    await pause(choices.between(0, 2_000))
    if (deadline.aborted) return
    await restart(hard)
  }
}

/** How many messages this process has met again and let pass. Its counters die with it. */
async function duplicatesIn(fleet: Fleet, service: string): Promise<number> {
  const answer = await fetch(`${fleet.urlOf(service)}/metrics`, { signal: AbortSignal.timeout(2_000) })
    .then(response => response.text())
    .catch(() => '')
  return [...answer.matchAll(/^makegood_messages_total\{.*outcome="duplicate".*\} (\d+)/gm)]
    .map(([, count]) => Number(count))
    .reduce((sum, each) => sum + each, 0)
}
