/** Those that are documented. `ends`: the answer to the request, the order, its payment, and what Alice then has of 100. */
export const documentedOrders = [
  {
    name: 'half',
    title: 'half of what Alice has',
    order: {},
    ends: '200, confirmed, completed, 50',
    says: 'confirmed, and paid from the balance',
  },
  {
    name: 'too-much',
    title: 'more than she has',
    order: { total_price: 150 },
    ends: '200, cancelled: Insufficient balance, failed, 50',
    says: 'cancelled, and the balance as it was',
  },
  {
    name: 'unknown-customer',
    title: 'a customer nobody knows',
    order: { customer_id: 999 },
    ends: '200, cancelled: Customer not found, failed, 50',
    says: 'cancelled: there is nobody to pay it',
  },
  {
    name: 'unknown-product',
    title: 'a product there is not',
    order: { product_id: 99 },
    ends: '404, none, none, 50',
    says: 'refused at once',
  },
  {
    name: 'less-than-nothing',
    title: 'less than nothing',
    order: { quantity: -1 },
    ends: '422, none, none, 50',
    says: 'refused at once',
  },
] as const
