import { failed, givenSaga, succeeded } from 'makegood/testing'
import { test } from 'vitest'
import { checkout } from '../checkout.ts'
import { cancelProductReservation, orderUpdated, processPayment, reserveProduct } from '../messages.ts'

const ids = { userID: 1, productID: 3, orderID: '0192f3a0-0000-7000-8000-000000000003' }
const order = { ...ids, amount: 50, status: 'ORDER_CREATED' as const }
const available = succeeded({ ...ids, status: 'AVAILABLE' as const })
const payment = { userID: 1, orderID: ids.orderID, amount: 50 }
const given = () => givenSaga(checkout, order, { canClose: false })

test('an order with stock and money is completed', () => {
  given()
    .sends(reserveProduct, order)
    .whenItReplies(available)
    .sends(processPayment, order)
    .whenItReplies(succeeded({ ...payment, status: 'PAYMENT_APPROVED' as const }))
    .publishes(orderUpdated, { ...order, status: 'ORDER_COMPLETED' })
    .endsAs('completed')
})

test('an order without stock is cancelled, and nothing is asked of anybody else', () => {
  given()
    .sends(reserveProduct, order)
    .whenItReplies(failed('UNAVAILABLE', { ...ids, status: 'UNAVAILABLE' as const }))
    .publishes(orderUpdated, { ...order, status: 'ORDER_CANCELLED' })
    .endsAs('compensated')
})

test('a refused payment cancels the order when the stock is back, and not before', () => {
  given()
    .sends(reserveProduct)
    .whenItReplies(available)
    .sends(processPayment)
    .whenItReplies(failed('PAYMENT_REJECTED', { ...payment, status: 'PAYMENT_REJECTED' as const }))
    .sends(cancelProductReservation, order)
    .whenItReplies(succeeded({ ...ids, status: 'CANCELLED' as const }))
    .publishes(orderUpdated, { ...order, status: 'ORDER_CANCELLED' })
    .endsAs('compensated')
})

test('a stock that stays silent is told to put back what it may have taken', () => {
  given()
    .sends(reserveProduct)
    .whenItStaysSilent()
    .sends(cancelProductReservation, order)
    .whenItReplies(succeeded({ ...ids, status: 'CANCELLED' as const }))
    .publishes(orderUpdated, { ...order, status: 'ORDER_CANCELLED' })
    .endsAs('compensated')
})

test('a payment that stays silent is asked for again: nothing would refund it', () => {
  given()
    .sends(reserveProduct)
    .whenItReplies(available)
    .sends(processPayment)
    .whenItStaysSilent()
    .sends(processPayment, order)
    .whenItReplies(succeeded({ ...payment, status: 'PAYMENT_APPROVED' as const }))
    .publishes(orderUpdated, { ...order, status: 'ORDER_COMPLETED' })
    .endsAs('completed')
})
