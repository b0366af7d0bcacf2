import { runAsChild } from '../child.ts'
import type { Environment } from '../set-up.ts'
import type { Order } from '../shop/order.ts'
import { charge, refund, release, reserve, ship } from '../shop/steps.ts'
import { openChannel, receive, send } from './naive-channel.ts'
import { poolsOf } from './pools.ts'

// One service of the naive chain.
await runAsChild<{ name: string; environment: Environment }>(async ({ name, environment }) => {
  const shop = poolsOf(environment)
  const { channel, close } = await openChannel(environment.brokerAddress!)
  const on = (queue: string, work: (order: Order) => Promise<string>) =>
    receive(channel, queue, async (order: Order) => send(channel, await work(order), order))

  switch (name) {
    case 'stock':
      await on('reserve', order => reserve(shop.stock, order).then(() => 'charge'))
      await on('release', order => release(shop.stock, order).then(() => 'refused'))
      break
    case 'payment':
      await on('charge', order => charge(shop.payment, order).then(() => 'ship'))
      await on('refund', order => refund(shop.payment, order).then(() => 'release'))
      break
    case 'shipping':
      await on('ship', async order => ((await ship(shop.shipping, order)) ? 'shipped' : 'refund'))
      break
  }
  return async () => {
    await close()
    await shop.end()
  }
})
