import { documentedOrder } from './system.ts'

/** How an order has ended, at all three services. */
export interface End {
  readonly order: string
  readonly reservation: string
  readonly payment: string
  /** How many are left of the product; none of one that there is not. */
  readonly stock: number
}

interface DocumentedOrder {
  readonly name: string
  readonly title: string
  readonly order: object
  readonly ends: End
  readonly says: string
}

export const documentedOrders: readonly DocumentedOrder[] = [
  {
    name: 'one',
    title: 'One of ten, for 1.00',
    order: documentedOrder,
    ends: { order: 'payment_confirmed', reservation: 'reserved', payment: 'payment_confirmed', stock: 9 },
    says: 'confirmed: one reserved, the payment confirmed, nine left',
  },
  {
    name: 'eleven',
    title: 'Eleven, and there are nine',
    order: { ...documentedOrder, quantity: 11 },
    ends: { order: 'not_reserved', reservation: 'not_reserved', payment: 'none', stock: 9 },
    says: 'not reserved: nothing was taken, and no payment was asked for',
  },
  {
    name: 'too-dear',
    title: 'Two for 1500.00, above what is paid',
    order: { ...documentedOrder, amount: '1500', quantity: 2 },
    ends: { order: 'payment_denied', reservation: 'payment_denied', payment: 'payment_denied', stock: 9 },
    says: 'denied: two were reserved and given back',
  },
  {
    name: 'unknown-product',
    title: 'A product that there is not',
    order: { ...documentedOrder, product_id: '99' },
    ends: { order: 'not_reserved', reservation: 'not_reserved', payment: 'none', stock: 0 },
    says: 'not reserved',
  },
]
