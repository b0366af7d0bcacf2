import './with-resolvers.ts'
import * as restate from '@restatedev/restate-sdk'
import { runAsChild } from '../child.ts'
import type { Environment } from '../set-up.ts'
import type { Order, Outcome } from '../shop/order.ts'
import { charge, refund, release, reserve, ship } from '../shop/steps.ts'
import { poolsOf } from './pools.ts'

// One process of the Restate set-ups: serves the services of its role until its parent hangs up.
await runAsChild<{ name: string; port: number; environment: Environment }>(async ({ name, port, environment }) => {
  const shop = poolsOf(environment)
  const endpoint = restate.endpoint().setLogger(() => {})
  for (const service of servicesOf(name, shop)) endpoint.bind(service)
  await endpoint.listen(port)
  return () => shop.end()
})

type Shop = ReturnType<typeof poolsOf>
export type Checkout = ReturnType<typeof everything>

function servicesOf(role: string, shop: Shop) {
  switch (role) {
    case 'everything':
      return [everything(shop)]
    case 'orchestrator':
      return [orchestrator()]
    case 'stock':
      return [stock(shop)]
    case 'payment':
      return [payment(shop)]
    default:
      return [shipping(shop)]
  }
}

function everything(shop: Shop) {
  return restate.service({
    name: 'checkout',
    handlers: {
      place: async (ctx: restate.Context, order: Order): Promise<Outcome> => {
        await ctx.run('reserve', () => reserve(shop.stock, order))
        await ctx.run('charge', () => charge(shop.payment, order))
        if (await ctx.run('ship', () => ship(shop.shipping, order))) return 'shipped'
        await ctx.run('refund', () => refund(shop.payment, order))
        await ctx.run('release', () => release(shop.stock, order))
        return 'refused'
      },
    },
  })
}

function orchestrator() {
  return restate.service({
    name: 'checkout',
    handlers: {
      place: async (ctx: restate.Context, order: Order): Promise<Outcome> => {
        const goods = ctx.serviceClient<ReturnType<typeof stock>>({ name: 'stock' })
        const money = ctx.serviceClient<ReturnType<typeof payment>>({ name: 'payment' })
        const transport = ctx.serviceClient<ReturnType<typeof shipping>>({ name: 'shipping' })
        await goods.reserve(order)
        await money.charge(order)
        if (await transport.ship(order)) return 'shipped'
        await money.refund(order)
        await goods.release(order)
        return 'refused'
      },
    },
  })
}

function stock(shop: Shop) {
  return restate.service({
    name: 'stock',
    handlers: {
      reserve: (ctx: restate.Context, order: Order) => ctx.run('reserve', () => reserve(shop.stock, order)),
      release: (ctx: restate.Context, order: Order) => ctx.run('release', () => release(shop.stock, order)),
    },
  })
}

function payment(shop: Shop) {
  return restate.service({
    name: 'payment',
    handlers: {
      charge: (ctx: restate.Context, order: Order) => ctx.run('charge', () => charge(shop.payment, order)),
      refund: (ctx: restate.Context, order: Order) => ctx.run('refund', () => refund(shop.payment, order)),
    },
  })
}

function shipping(shop: Shop) {
  return restate.service({
    name: 'shipping',
    handlers: {
      ship: (ctx: restate.Context, order: Order) => ctx.run('ship', () => ship(shop.shipping, order)),
    },
  })
}
