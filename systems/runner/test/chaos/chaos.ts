import { setTimeout as pause } from 'node:timers/promises'
import { type Books, sum } from './books.ts'
import type { Customers } from './customers.ts'
import type { Fleet, Member } from './fleet.ts'
import type { Random } from './random.ts'
import type { Server } from './servers/server.ts'
import type { ShopUnderTest } from './shop-under-test.ts'

/**
 * Keeps orders coming in and repeats what is told, and meanwhile kills and freezes the processes of all services and
 * restarts all servers; then leaves everything alone until it is quiet, and counts.
 */
export async function chaos(shop: ShopUnderTest, options: ChaosOptions): Promise<ChaosOutcome> {
  const { random, customers: count, say } = options
  const { fleet } = shop
  fleet.onCrash = report => say(`CRASH ${report}`)
  const begunAt = performance.now()
  const deadline = AbortSignal.timeout(options.boundMs)
  const tally = new Tally(fleet.services, shop.servers)
  const echo = shop.echo(random.fork('echo'))
  const customers = shop.customers({ random, count, keys: 'chaos', waitMs: 3_000 })
  const progress = setInterval(() => say(`${tally.line()}, ${customers.promised.size} orders`), 5_000)
  const faults = { options, tally, deadline }
  try {
    await Promise.all([
      killServices(fleet, faults),
      nowAndAgain(options.freezes, random.fork('freezes'), faults, async choices => {
        await choices.one(fleet.members).process.freeze(choices.between(500, 9_000))
        tally.frozen += 1
      }),
      ...shop.servers.map(server =>
        nowAndAgain(options.restarts, random.fork(server.name), faults, async (_choices, hard) => {
          await server.restart(hard)
          tally.restarted(server.name, hard)
        }),
      ),
    ])
    await customers.close()
    await echo.leave()
  } finally {
    clearInterval(progress)
  }
  const faultsMs = performance.now() - begunAt
  say(`${tally.line()}, ${customers.promised.size} orders: now everything is left alone`)
  const settledMs = await shop.settled(options.settleMsMax, say)
  for (const member of fleet.members) tally.absorbed(await duplicatesIn(member))
  const books = await shop.books()
  const wrong = [
    ...books.wrong,
    ...echo.contradictions,
    ...unkept(customers, books, shop.subject.orders.keyed !== undefined),
  ]
  return {
    tally,
    books: { ...books, wrong },
    askedAgain: customers.askedAgain,
    repeated: echo.repeated,
    faultsMs,
    settledMs,
  }
}

/** What was promised and is not there, or is there and was not asked for. */
function unkept({ promised, askedAgain }: Customers, { orders }: Books, isKeyed: boolean): readonly string[] {
  const there = new Set(orders)
  const missing = [...promised.values()].filter(id => !there.has(id)).map(id => `order ${id} was promised and is lost`)
  const more = orders.length - promised.size
  // Whoever got no answer has asked again, and may have two orders where nothing says that they are one.
  if (missing.length > 0 || more <= (isKeyed ? 0 : askedAgain)) return missing
  return [`${orders.length} orders are there, ${promised.size} were promised, ${askedAgain} were asked for again`]
}

export interface ChaosOptions {
  readonly random: Random
  /** How many processes are killed in all: each in turn. */
  readonly kills: number
  /** How often one of them is frozen for some seconds. */
  readonly freezes: number
  /** How often each server is restarted; every other time it is killed. */
  readonly restarts: number
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
  /** How many messages were said again by somebody at the broker. */
  readonly repeated: number
  readonly faultsMs: number
  readonly settledMs: number
}

/** What was done to whom. */
export class Tally {
  readonly kills = new Map<string, number>()
  readonly restarts = new Map<string, { soft: number; hard: number }>()
  frozen = 0
  duplicates = 0

  constructor(services: readonly string[], servers: readonly Server[]) {
    for (const service of services) this.kills.set(service, 0)
    for (const { name } of servers) this.restarts.set(name, { soft: 0, hard: 0 })
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
    const restarts = [...this.restarts.keys()].map(server => this.restartsOf(server)).join(' + ')
    return `${this.killed} kills, ${this.frozen} freezes, ${restarts} restarts`
  }
}

interface Faults {
  readonly options: ChaosOptions
  readonly tally: Tally
  readonly deadline: AbortSignal
}

/**
 * Each process in turn, in another order each time round, as soon as it is up and a moment has passed. At least half of
 * all are left: where a start takes longer than the next kill is away, nobody would be there to be put under load.
 */
async function killServices(fleet: Fleet, { options, tally, deadline }: Faults): Promise<void> {
  const { kills, random, say } = options
  const choices = random.fork('kills')
  while (tally.killed < kills) {
    for (const member of choices.shuffled(fleet.members)) {
      if (tally.killed === kills) return
      while (!member.process.isReady || fleet.ready.length < fleet.members.length / 2) {
        if (deadline.aborted) {
          say(`${member.service} has not come up in time`)
          return
        }
        await pause(20)
      }
      tally.absorbed(await duplicatesIn(member))
      await pause(choices.between(0, 2_500))
      await fleet.kill(member)
      tally.killedOne(member.service)
    }
  }
}

/** So many times, each at another moment of its share of the kills; every other time the hard way. */
async function nowAndAgain(
  times: number,
  choices: Random,
  { options: { kills }, tally, deadline }: Faults,
  act: (choices: Random, hard: boolean) => Promise<void>,
): Promise<void> {
  const ways = choices.shuffled(Array.from({ length: times }, (_, number) => number % 2 === 0))
  for (const [number, hard] of ways.entries()) {
    const afterKills = Math.floor(((number + choices.next()) * kills) / times)
    while (tally.killed < afterKills && !deadline.aborted) await pause(20)
    await pause(choices.between(0, 2_000))
    if (deadline.aborted) return
    await act(choices, hard)
  }
}

/** How many messages this process has met again and let pass. Its counters die with it. */
async function duplicatesIn({ url }: Member): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) })
    .then(response => response.text())
    .catch(() => '')
  return sum(
    [...answer.matchAll(/^makegood_messages_total\{.*outcome="duplicate".*\} (\d+)/gm)].map(([, count]) =>
      Number(count),
    ),
  )
}
