import type { Switches } from '../../../systems/ecommerce/environment.ts'
import { ecommerce } from '../../../systems/ecommerce/system.ts'
import { obliging, settingsOfTests } from '../../../systems/ecommerce/test/embedded-shop.ts'
import type { RunningShop } from '../../../systems/ecommerce/test/shop.ts'
import { services } from '../../../systems/ecommerce/wire.ts'
import { serviceNamed } from '../../../systems/runner/running-system.ts'
import { eventually } from '../../../systems/runner/test/eventually.ts'
import type { Variables } from '../../../systems/runner/test/started.ts'
import { Composition } from '../containers/composition.ts'

export async function ecommerceShop(): Promise<RunningShop> {
  const system = ecommerce(settingsOfTests())
  const shown = Object.values(services).filter(name => name !== services.orchestrator)
  const composition = await Composition.of('ecommerce.yaml', shellOf({}))
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
  return {
    urlOf,
    turn: async switches => {
      await composition.turn(shellOf(switches))
      await untilWorkIsGiven()
    },
    stop: () => composition.down(),
  }
}

/** What the file leaves to the shell that it is started from. */
function shellOf(switches: Partial<Switches>): Variables {
  const turned = { ...obliging, ...switches }
  return {
    PAYMENT_FAILURE_RATE: String(turned.paymentFailureRate),
    REFUND_FAILURE_RATE: String(turned.refundFailureRate),
    SHIPPING_FAILURE_RATE: String(turned.shippingFailureRate),
    NOTIFICATION_FAILURE_RATE: String(turned.notificationFailureRate),
    PROVIDER_DELAY_SCALE: String(turned.delayScale),
  }
}
