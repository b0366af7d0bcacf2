import pg from 'pg'
import { creditChoreography } from '../../../systems/credit-choreography/system.ts'
import { enterCustomer } from '../../../systems/credit-choreography/test/embedded-shop.ts'
import { scenarios } from '../../../systems/credit-choreography/test/scenarios.ts'
import type { RunningShop } from '../../../systems/credit-choreography/test/shop.ts'
import { documentedWire } from '../../../systems/credit-choreography/wire.ts'
import { serviceNamed } from '../../../systems/runner/running-system.ts'
import type { Extent } from '../../../systems/runner/test/extent.ts'
import { operator } from '../../../systems/runner/test/operator.ts'
import { amqpStranger } from '../../../systems/runner/test/stranger.ts'
import { Composition } from '../containers/composition.ts'
import { describeComposed, startMsMax } from './describe-composed.ts'

export function composedCreditChoreography(extent: Extent): void {
  describeComposed('credit-choreography.yaml', () => scenarios(creditShop, startMsMax, extent))
}

async function creditShop(): Promise<RunningShop> {
  const system = creditChoreography({ requestsPerMinuteMax: 1 })
  const composition = await Composition.of('credit-choreography.yaml', { shell: operator.variables })
  const { machine } = composition
  await composition.up()
  const stranger = await amqpStranger(`amqp://guest:guest@${machine}:5671`, documentedWire.topology.exchange)
  const customers = new pg.Client(`postgres://user:password232323@${machine}:5433/customer_db`)
  await customers.connect()
  return {
    ...stranger,
    urlOf: service => `http://${machine}:${serviceNamed(system, service).port}`,
    start: service => composition.up([service]),
    end: service => composition.stop(service),
    enterCustomer: async balanceCents => {
      const { rows } = await customers.query<{ id: number }>(enterCustomer, [balanceCents])
      return rows[0]!.id
    },
    stop: async () => {
      await Promise.all([customers.end(), stranger.close()])
      await composition.down()
    },
  }
}
