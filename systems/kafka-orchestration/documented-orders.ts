/**
 * Those that are documented, each after the ones before it. `ends`: the answer, the order, its payment, what is left of
 * the product, and what the user has left.
 */
export const documentedOrders = [
  { title: 'user 1 buys product 3', userID: 1, productID: 3, ends: '200, COMPLETED, APPROVED, 2, 50' },
  { title: 'and again, for all that is left', userID: 1, productID: 3, ends: '200, COMPLETED, APPROVED, 1, 0' },
  { title: 'and has no money any more', userID: 1, productID: 3, ends: '200, CANCELLED, REJECTED, 1, 0' },
  { title: 'user 3 buys the last piece', userID: 3, productID: 3, ends: '200, COMPLETED, APPROVED, 0, 150' },
  { title: 'and there is none any more', userID: 3, productID: 3, ends: '200, CANCELLED, none, 0, 150' },
  { title: 'a product that there is not', userID: 3, productID: 9, ends: '400, none, none, none, 150' },
  { title: 'a user whom nobody knows', userID: 9, productID: 1, ends: '400, none, none, 5, none' },
] as const
