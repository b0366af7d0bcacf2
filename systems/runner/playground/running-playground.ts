import { textOf } from 'makegood'
import type { ExperimentView, PlayedService, PlaygroundView } from 'makegood-console'
import type { RunningService } from '../running-service.ts'
import type { RunningSystem } from '../running-system.ts'
import { PlacedOrders } from './placed-orders.ts'
import type { Action, Playground, Switch } from './playground.ts'

/** How many messages wait in a queue, wherever they are. */
export type Waiting = (queue: string) => number

/** A playground and the system that it is played with, in this process. */
export class RunningPlayground {
  readonly #name: string
  readonly #playground: Playground
  readonly #shop: RunningSystem
  readonly #waiting: Waiting
  readonly #placed: PlacedOrders
  readonly #progress = new Map<string, Progress>()
  readonly #turning = new Map<RunningService, 'starting' | 'stopping'>()

  constructor({ name, playground, shop, waiting }: PlaygroundOptions) {
    this.#name = name
    this.#playground = playground
    this.#shop = shop
    this.#waiting = waiting
    this.#placed = new PlacedOrders(shop.services)
  }

  async view(): Promise<PlaygroundView> {
    const { experiments, orders, switches } = this.#playground
    const placed = await this.#placed.view()
    return {
      system: this.#name,
      experiments: experiments.map(({ steps, ...experiment }) => ({
        ...experiment,
        steps: steps.map(({ title, says }) => ({ title, says })),
        ...(this.#progress.get(experiment.name) ?? notBegun),
      })),
      orders: orders.map(({ name, wanted, title, ends }) => ({ name, wanted, title, ends })),
      switches: switches.map(({ name, title, unit, max, value }) => ({ name, title, unit, max, value })),
      services: this.#services(),
      placed,
      books: (await this.#isQuiet()) && this.#allAreOn ? await this.#playground.books(this.#shop) : [],
    }
  }

  /** @throws NotOffered, if there is no such order */
  async place(name: string, { times = 1, asDocumented = false }: PlaceOptions = {}): Promise<void> {
    const order = this.#playground.orders.find(order => order.name === name)
    if (order === undefined) throw new NotOffered(`There is no order ${name}.`)
    if (asDocumented) {
      this.turn(order.switches ?? {})
      await this.#refill()
    }
    await Promise.all(
      Array.from({ length: times }, async () => {
        const answered = await order.place(this.#shop).catch((error: unknown) => ({
          says: `Nobody took it: ${textOf(error)}`,
          saga: undefined,
        }))
        this.#placed.add(order.wanted, answered)
      }),
    )
  }

  /** @throws NotOffered, if there is no such switch, or it does not go so far; then none is turned */
  turn(values: { readonly [name: string]: number }): void {
    const turned = Object.entries(values).map(([name, value]) => ({ found: this.#switchNamed(name, value), value }))
    for (const { found, value } of turned) found.value = value
  }

  /** Resolves when it is off. @throws NotOffered, if there is no such service */
  stop(name: string): Promise<void> {
    return this.#whileIt('stopping', this.#serviceNamed(name), service => service.end())
  }

  /** Resolves when it takes requests and messages again. @throws NotOffered, if there is no such service */
  start(name: string): Promise<void> {
    return this.#whileIt('starting', this.#serviceNamed(name), service => service.start())
  }

  /** Does what a step of an experiment does. @throws NotOffered, if there is no such step */
  async do(experiment: string, step: number): Promise<void> {
    const actions = this.#playground.experiments.find(({ name }) => name === experiment)?.steps[step]?.actions
    if (actions === undefined) throw new NotOffered(`There is no step ${step} of an experiment ${experiment}.`)
    const before = step === 0 ? this.#placed.count : (this.#progress.get(experiment)?.before ?? 0)
    const has = (progress: Omit<Progress, 'before'>) => this.#progress.set(experiment, { ...progress, before })
    has({ taken: step, isTaking: true })
    try {
      for (const action of actions) await this.#act(action)
      has({ taken: step + 1, isTaking: false })
    } catch (error) {
      has({ taken: step, isTaking: false })
      throw error
    }
  }

  /** Forgets how far an experiment has come; what was done in it stays done. */
  startOver(experiment: string): void {
    this.#progress.delete(experiment)
  }

  async #act(action: Action): Promise<void> {
    switch (action.kind) {
      case 'turn':
        return this.turn(action.switches)
      case 'place':
        return this.place(action.order, action)
      case 'stop':
        return this.stop(action.service)
      case 'start all':
        await Promise.all(this.#shop.services.map(({ spec }) => this.start(spec.name)))
        return
      case 'refill':
        return this.#refill()
    }
  }

  async #refill(): Promise<void> {
    if (this.#allAreOn) await this.#playground.refill(this.#shop)
  }

  async #whileIt(
    state: 'starting' | 'stopping',
    service: RunningService,
    work: (service: RunningService) => Promise<void>,
  ): Promise<void> {
    if (service.isOn === (state === 'starting')) return
    this.#turning.set(service, state)
    try {
      await work(service)
    } catch (error) {
      const what = state === 'starting' ? 'started' : 'stopped'
      throw new NotDone(`${service.spec.name} could not be ${what}: ${textOf(error)}`, { cause: error })
    } finally {
      this.#turning.delete(service)
    }
  }

  #services(): readonly PlayedService[] {
    return this.#shop.services.map(service => ({
      name: service.spec.name,
      state: this.#turning.get(service) ?? (service.isOn ? 'on' : 'off'),
      waiting: service.services.reduce((sum, { wire, name }) => {
        const queue = wire.queueOf(name)
        return queue === undefined ? sum : sum + this.#waiting(queue.name)
      }, 0),
    }))
  }

  /** All services run, no saga is under way, and nobody has anything to tell any more. */
  async #isQuiet(): Promise<boolean> {
    if (!this.#allAreOn) return false
    const figures = this.#shop.services.flatMap(({ services }) => services.map(({ queries }) => queries.figures()))
    return (await Promise.all(figures)).every(
      ({ sagas: { running = 0, compensating = 0, stuck = 0 }, outbox }) =>
        running + compensating + stuck + outbox === 0,
    )
  }

  /** To be asked right before their databases are: who reads in one that was closed opens it again. */
  get #allAreOn(): boolean {
    return this.#shop.services.every(service => service.isOn && !this.#turning.has(service))
  }

  #switchNamed(name: string, value: number): Switch {
    const found = this.#playground.switches.find(each => each.name === name)
    if (found === undefined) throw new NotOffered(`There is no switch ${name}.`)
    if (value >= 0 && value <= found.max) return found
    throw new NotOffered(`The switch ${name} goes from 0 to ${found.max}.`)
  }

  #serviceNamed(name: string): RunningService {
    const found = this.#shop.services.find(({ spec }) => spec.name === name)
    if (found === undefined) throw new NotOffered(`There is no service ${name}.`)
    return found
  }
}

/** How far somebody has come in an experiment. */
type Progress = Pick<ExperimentView, 'taken' | 'isTaking' | 'before'>

const notBegun: Progress = { taken: 0, isTaking: false, before: 0 }

export interface PlaygroundOptions {
  /** Of the system. */
  readonly name: string
  readonly playground: Playground
  readonly shop: RunningSystem
  readonly waiting: Waiting
}

/** What was asked for is not there, or not so far; the message says which. */
export class NotOffered extends Error {
  readonly statusCode = 404
}

/** What was asked for could not be done; the message says why. */
export class NotDone extends Error {
  readonly statusCode = 409
}

interface PlaceOptions {
  readonly times?: number
  readonly asDocumented?: boolean
}
