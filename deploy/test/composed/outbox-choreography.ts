import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { outboxChoreography } from '../../../systems/outbox-choreography/system.ts'
import { scenarios } from '../../../systems/outbox-choreography/test/scenarios.ts'
import type { RunningShop } from '../../../systems/outbox-choreography/test/shop.ts'
import { documentedWire, services } from '../../../systems/outbox-choreography/wire.ts'
import { serviceNamed } from '../../../systems/runner/running-system.ts'
import type { Extent } from '../../../systems/runner/test/extent.ts'
import { operator } from '../../../systems/runner/test/operator.ts'
import { amqpStranger } from '../../../systems/runner/test/stranger.ts'
import { Composition } from '../containers/composition.ts'
import { describeComposed, startMsMax } from './describe-composed.ts'

export function composedOutboxChoreography(extent: Extent): void {
  describeComposed('outbox-choreography.yaml', () => {
    let shop: RunningShop
    scenarios(
      async services => {
        shop = await outboxShop(services)
        return shop
      },
      startMsMax,
      extent,
    )

    test('RabbitMQ shows its page and speaks STOMP at the documented ports', async () => {
      const { hostname } = new URL(shop.urlOf(services.order))
      const page = await fetch(`http://${hostname}:15672/api/vhosts`, {
        headers: { authorization: `Basic ${btoa('guest:guest')}` },
      })
      expect(await page.json()).toMatchObject([{ name: '/' }])
      const stomp = connect(61613, hostname)
      stomp.write('CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:guest\n\n\0')
      const [answer] = await once(stomp, 'data')
      stomp.destroy()
      expect(String(answer)).toMatch(/^CONNECTED\n/)
    })
  })
}

async function outboxShop(first: readonly string[]): Promise<RunningShop> {
  const system = outboxChoreography()
  const composition = await Composition.of('outbox-choreography.yaml', { shell: operator.variables })
  await composition.up(first)
  const stranger = await amqpStranger(
    `amqp://guest:guest@${composition.machine}:5672`,
    documentedWire.topology.exchange,
  )
  return {
    ...stranger,
    urlOf: service => `http://${composition.machine}:${serviceNamed(system, service).port}`,
    start: service => composition.up([service]),
    end: service => composition.stop(service),
    stop: async () => {
      await stranger.close()
      await composition.down()
    },
  }
}
