import { cloudEventsWire, type Service, type ServiceOptions, service } from 'makegood'
import type { Domain } from '../set-up.ts'
import type { Order, Outcome } from '../shop/order.ts'
import type { Db } from '../shop/steps.ts'
import { checkout } from './checkout.ts'
import { paymentHandlers, shippingHandlers, stockHandlers } from './handlers.ts'

export const hosts = {
  orders: [checkout],
  stock: stockHandlers,
  payment: paymentHandlers,
  shipping: shippingHandlers,
} satisfies { readonly [domain in Domain]: ServiceOptions<Db>['hosts'] }

export const wire = cloudEventsWire({
  services: Object.entries(hosts).map(([name, hosts]) => ({ name, hosts: hosts as [] })),
})

/** One of the shop's four services, with makegood's defaults. */
export function shopService(
  name: Domain,
  { store, transport }: Pick<ServiceOptions<Db>, 'store' | 'transport'>,
): Service<Domain, Db> {
  return service(name, { store, transport, wire, hosts: hosts[name] })
}

/** Starts the saga and waits for its end, as an HTTP handler of the orders service does. */
export async function placeOrder(orders: Service<Domain, Db>, order: Order): Promise<Outcome> {
  const { sagaId } = await orders.startSaga(checkout, order, { key: order.orderId })
  const { status, state } = await orders.result(sagaId)
  if (status === 'completed') return 'shipped'
  if (status === 'compensated') return 'refused'
  throw new Error(`${order.orderId} ended as ${status}: ${JSON.stringify(state)}`)
}
