import { failed, givenSaga, succeeded } from 'makegood/testing'
import { test } from 'vitest'
import {
  checkBalance,
  checkStock,
  createOrder,
  failOrder,
  refund,
  restock,
  updateBalance,
  updateStatus,
  updateStock,
} from '../messages.ts'
import { ordering } from '../ordering.ts'

const order = { product_id: 1, owner_id: 2, quantity: 2 }
const goods = { product_id: 1, quantity: 2, order_id: 7 }
const money = { owner_id: 2, amount: 20, order_id: 7 }
const begun = () => givenSaga(ordering, order, { canClose: false })
const entered = () =>
  begun()
    .sends(createOrder, order)
    .whenItReplies(succeeded({ order_id: 7 }))
const priced = () =>
  entered()
    .sends(checkStock, goods)
    .whenItReplies(succeeded({ total_price: 20 }))
const checked = () => priced().sends(checkBalance, money).whenItReplies(succeeded({}))
const paid = () => checked().sends(updateBalance, money).whenItReplies(succeeded({}))
const taken = () => paid().sends(updateStock, goods).whenItReplies(succeeded({}))
const refused = (reason: string) => failed('REFUSED', { reason })
const failedFor = (reason: string) => ({ order_id: 7, status: 'FAILED', reason }) as const

test('an order is entered, checked, paid, taken and confirmed', () => {
  const ended = { order_id: 7, owner_id: 2, product_id: 1, quantity: 2, order_status: 'SUCCESS' as const }
  taken().sends(updateStatus, { order_id: 7, status: 'SUCCESS' }).whenItReplies(succeeded(ended)).endsAs('completed')
})

test('an order that was not entered leaves nothing to undo', () => {
  begun().sends(createOrder).whenItReplies(refused('The order service is away')).endsAs('compensated')
})

test('an order of which nobody knows whether it was entered is failed by its saga', () => {
  begun()
    .sends(createOrder)
    .whenItStaysSilent()
    .sends(failOrder, { ...order, status: 'FAILED', reason: 'No answer to create_order in time' })
    .whenItReplies(succeeded({}))
    .endsAs('compensated')
})

test.each([
  ['the stock is too low', () => entered().sends(checkStock).whenItReplies(refused('Why'))],
  ['the balance is too low', () => priced().sends(checkBalance).whenItReplies(refused('Why'))],
  ['the balance has become too low', () => checked().sends(updateBalance).whenItReplies(refused('Why'))],
])('%s: the order is failed with the reason, and nothing else is undone', (_what, refusedAt) => {
  refusedAt().sends(failOrder, failedFor('Why')).whenItReplies(succeeded({})).endsAs('compensated')
})

test('the stock has become too low: the order is failed only when the money is given back', () => {
  paid()
    .sends(updateStock)
    .whenItReplies(refused('Why'))
    .sends(refund, { ...money, amount: -20 })
    .whenItReplies(succeeded({}))
    .sends(failOrder, failedFor('Why'))
    .whenItReplies(succeeded({}))
    .endsAs('compensated')
})

test('an order that cannot be confirmed: restocked, refunded, failed, in this order', () => {
  taken()
    .sends(updateStatus)
    .whenItReplies(refused('Order not found'))
    .sends(restock, goods)
    .whenItReplies(succeeded({}))
    .sends(refund, { ...money, amount: -20 })
    .whenItReplies(succeeded({}))
    .sends(failOrder, failedFor('Order not found'))
    .whenItReplies(succeeded({}))
    .endsAs('compensated')
})

test('a debit that stays silent may have been made: it is given back', () => {
  checked()
    .sends(updateBalance)
    .whenItStaysSilent()
    .sends(refund, { ...money, amount: -20 })
    .whenItReplies(succeeded({}))
    .sends(failOrder, failedFor('No answer to update_balance in time'))
    .whenItReplies(succeeded({}))
    .endsAs('compensated')
})

test('a refund that is refused is asked for again, and the order is not failed before', () => {
  paid()
    .sends(updateStock)
    .whenItReplies(refused('Why'))
    .sends(refund)
    .whenItReplies(refused('User not found'))
    .whenTimePasses(1_000)
    .sends(refund)
    .whenItReplies(succeeded({}))
    .sends(failOrder)
    .whenItReplies(succeeded({}))
    .endsAs('compensated')
})

test('a confirmation that could not be made in a day waits for a person, with everything as it is', () => {
  taken()
    .sends(updateStatus)
    .whenItReplies(failed('UNPROCESSABLE', { error: 'why' }))
    .endsStuck('UNPROCESSABLE')
})
