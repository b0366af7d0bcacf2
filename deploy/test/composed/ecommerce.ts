import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Switches } from '../../../systems/ecommerce/environment.ts'
import { ecommerce } from '../../../systems/ecommerce/system.ts'
import { obliging, settingsOfTests } from '../../../systems/ecommerce/test/embedded-shop.ts'
import { scenarios } from '../../../systems/ecommerce/test/scenarios.ts'
import { type RunningShop, Shop } from '../../../systems/ecommerce/test/shop.ts'
import { services } from '../../../systems/ecommerce/wire.ts'
import { serviceNamed } from '../../../systems/runner/running-system.ts'
import { eventually } from '../../../systems/runner/test/eventually.ts'
import { type Additions, Composition } from '../containers/composition.ts'
import { describeComposed, startMsMax } from './describe-composed.ts'

export function composedEcommerce(): void {
  describeComposed('ecommerce.yaml', () => {
    let shop: EcommerceShop
    scenarios(async () => {
      shop = await ecommerceShop()
      return shop
    }, startMsMax)

    test('of two containers of a service one may end: the other is asked at the documented port', async () => {
      const customer = new Shop(shop)
      await shop.endFirst(services.inventory)
      await eventually(async () => {
        for (let asked = 0; asked < 4; asked += 1) await customer.product(1)
      })
      expect(await customer.ended(await customer.place())).toMatchObject({ status: 'completed' })
    })

    test('a password may be in a file, and one that is wrong ends the start with a sentence', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'secrets-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      const toldBy = async (password: string) => {
        const file = join(folder, password)
        await writeFile(file, `${password}\n`)
        const told = { DB_PASSWORD: '', DB_PASSWORD_FILE: file }
        return { ...shellOf({}), environment: { [services.shipping]: told } }
      }
      await expect(shop.add(await toldBy('nobodys_password'))).rejects.toThrow(
        'PostgreSQL at postgres:5432 refuses the user saga_user: set DB_USER and DB_PASSWORD.',
      )
      await shop.add(await toldBy('saga_password'))
    })
  })
}

interface EcommerceShop extends RunningShop {
  /** Starts anew what this changes. Resolves when the entrance gives work to all. */
  add(additions: Additions): Promise<void>
  /** Ends the first container of a service. */
  endFirst(service: string): Promise<void>
}

/** With two containers of one of its services behind the entrance. */
async function ecommerceShop(): Promise<EcommerceShop> {
  const system = ecommerce(settingsOfTests())
  const shown = Object.values(services).filter(name => name !== services.orchestrator)
  const composition = await Composition.of('ecommerce.yaml', { ...shellOf({}), scale: { [services.inventory]: 2 } })
  const urlOf = (service: string) => `http://${composition.machine}:${serviceNamed(system, service).port}`
  // The entrance asks them every other second.
  const untilWorkIsGiven = () =>
    eventually(async () => {
      const answers = await Promise.all(shown.map(service => fetch(`${urlOf(service)}/readyz`)))
      if (!answers.every(({ ok }) => ok)) throw new Error('The entrance gives no work to some.')
    })
  await composition.up()
  // It is for the others alone, and asked for its health all the same.
  await composition.publish(serviceNamed(system, services.orchestrator).port, services.orchestrator)
  await untilWorkIsGiven()
  const add = async (additions: Additions) => {
    await composition.turn(additions)
    await untilWorkIsGiven()
  }
  return {
    urlOf,
    add,
    endFirst: service => composition.end(service, 1),
    turn: switches => add(shellOf(switches)),
    stop: () => composition.down(),
  }
}

/** What the file leaves to the shell that it is started from. */
function shellOf(switches: Partial<Switches>): Additions {
  const wanted = { ...obliging, ...switches }
  return {
    shell: {
      PAYMENT_FAILURE_RATE: String(wanted.paymentFailureRate),
      REFUND_FAILURE_RATE: String(wanted.refundFailureRate),
      SHIPPING_FAILURE_RATE: String(wanted.shippingFailureRate),
      NOTIFICATION_FAILURE_RATE: String(wanted.notificationFailureRate),
      PROVIDER_DELAY_SCALE: String(wanted.delayScale),
    },
  }
}
