import type { Choreography, PgClient, Saga, SagaRow, Service } from 'makegood'
import type { PlacedOrder } from 'makegood-console'
import type { RunningService } from '../running-service.ts'
import type { Answered, StartedSaga } from './playground.ts'
import { type Way, wayOfInstance, wayOfSaga } from './way.ts'

/** How many are shown; older ones are on the console's own pages. */
const shownMax = 100

/** The orders that were placed here, as they go their way. */
export class PlacedOrders {
  readonly #services: readonly RunningService[]
  #newestFirst: readonly Placed[] = []
  #count = 0

  constructor(services: readonly RunningService[]) {
    this.#services = services
  }

  /** How many were placed so far. */
  get count(): number {
    return this.#count
  }

  add(wanted: string, { says, saga }: Answered): void {
    this.#count += 1
    const placed: Placed = {
      number: this.#count,
      wanted,
      at: new Date().toISOString(),
      answer: says,
      saga,
      row: undefined,
    }
    this.#newestFirst = [placed, ...this.#newestFirst].slice(0, shownMax)
  }

  /** As they are now; of one whose saga is in a service that is off, as it was last. */
  async view(): Promise<readonly PlacedOrder[]> {
    await this.#look()
    return this.#newestFirst.map(placed => this.#viewOf(placed))
  }

  async #look(): Promise<void> {
    const moving = this.#newestFirst.filter(({ row }) => row === undefined || !hasEnded(row))
    await Promise.all(
      this.#hosts().map(async ({ service, definition }) => {
        const here = moving.filter(({ saga }) => saga?.definition === definition.name)
        // Looking would open the database of one that is off.
        if (here.length === 0 || this.#isOff(service.name)) return
        const rows = await service.queries.sagasById(here.map(({ saga }) => saga!.id))
        for (const placed of here) placed.row = rows.find(({ id }) => id === placed.saga!.id) ?? placed.row
      }),
    )
  }

  #viewOf({ row, saga, ...placed }: Placed): PlacedOrder {
    const { steps, asked } = row === undefined ? this.#notBegun(saga) : this.#wayOf(row)
    const waitsFor = [...new Set(asked)].filter(name => this.#isOff(name))
    return {
      ...placed,
      saga: row === undefined ? null : { id: row.id, status: row.state.status },
      steps,
      waitsFor,
      isOver: saga === undefined || (row !== undefined && (hasEnded(row) || row.state.status === 'stuck')),
    }
  }

  #notBegun(saga: StartedSaga | undefined): Way {
    if (saga === undefined) return { steps: [], asked: [] }
    const hosts = this.#hosts().filter(({ definition }) => definition.name === saga.definition)
    return { steps: [], asked: hosts.map(({ service }) => service.name) }
  }

  #wayOf(row: SagaRow): Way {
    const { definition } = this.#hosts().find(({ definition }) => definition.name === row.definition)!
    return definition.kind === 'saga'
      ? wayOfSaga(definition, row, command => this.#handling(command))
      : wayOfInstance(definition, row)
  }

  /** Who leads or follows sagas. */
  #hosts(): readonly Hosting[] {
    return this.#services.flatMap(({ services }) =>
      services.flatMap(service =>
        service.hosts.flatMap((hosted): Hosting[] => {
          if (hosted.kind === 'saga') return [{ service, definition: hosted }]
          return hosted.kind === 'tracker' ? [{ service, definition: hosted.choreography }] : []
        }),
      ),
    )
  }

  #handling(command: string): string {
    const handles = ({ hosts }: Service<string, PgClient>) =>
      hosts.some(hosted => hosted.kind === 'handler' && hosted.command.type === command)
    return this.#services.flatMap(({ services }) => services).find(handles)?.name ?? ''
  }

  #isOff(name: string): boolean {
    return this.#services.some(running => !running.isOn && running.services.some(service => service.name === name))
  }
}

interface Placed extends Pick<PlacedOrder, 'number' | 'wanted' | 'at' | 'answer'> {
  readonly saga: StartedSaga | undefined
  row: SagaRow | undefined
}

interface Hosting {
  readonly service: Service<string, PgClient>
  readonly definition: Saga<string, any> | Choreography
}

function hasEnded({ state: { status } }: SagaRow): boolean {
  return status === 'completed' || status === 'compensated' || status === 'abandoned'
}
