/** As the documentation has them by default, but quicker. */
export const unreliableProviders = {
  PAYMENT_FAILURE_RATE: '0.1',
  SHIPPING_FAILURE_RATE: '0.05',
  NOTIFICATION_FAILURE_RATE: '0.02',
  PROVIDER_DELAY_SCALE: '0.05',
}
