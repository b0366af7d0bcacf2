import type { Environment } from '../runner/environment.ts'
import type { ProviderBehaviour } from './provider/provider.ts'

/** What can be set about the shop, beyond where its servers are. */
export interface EcommerceSettings {
  readonly exchange: string
  /** Where the orchestrator's HTTP answers, if not where this system puts it. */
  readonly orchestratorUrl: string | undefined
  readonly requestsPerMinuteMax: number
  readonly switches: Switches
}

/** How often the simulated providers refuse, and how slow they are. May be turned while the system runs. */
export interface Switches {
  paymentFailureRate: number
  refundFailureRate: number
  shippingFailureRate: number
  notificationFailureRate: number
  /** 1 for the documented delays, 0 for none. */
  delayScale: number
}

export function ecommerceSettings(environment: Environment): EcommerceSettings {
  return {
    exchange: environment.text('RABBITMQ_EXCHANGE', 'saga.events'),
    orchestratorUrl: environment.text('ORCHESTRATOR_URL', '') || undefined,
    requestsPerMinuteMax: environment.wholeNumber('HTTP_REQUESTS_PER_MINUTE_MAX', 60_000, 1, 100_000_000),
    switches: {
      paymentFailureRate: environment.rate('PAYMENT_FAILURE_RATE', 0.1),
      refundFailureRate: environment.rate('REFUND_FAILURE_RATE', 0),
      shippingFailureRate: environment.rate('SHIPPING_FAILURE_RATE', 0.05),
      notificationFailureRate: environment.rate('NOTIFICATION_FAILURE_RATE', 0.02),
      delayScale: environment.rate('PROVIDER_DELAY_SCALE', 1, 1_000),
    },
  }
}

/** The three providers outside, as the switches have them now. */
export function providers(switches: Switches): {
  readonly [name in 'bank' | 'carrier' | 'mail']: () => ProviderBehaviour
} {
  return {
    bank: () => ({
      delayMs: 500 * switches.delayScale,
      failureRate: switches.paymentFailureRate,
      refusal: 'Insufficient funds',
      undoDelayMs: 300 * switches.delayScale,
      undoFailureRate: switches.refundFailureRate,
      undoRefusal: 'Refund not allowed for this transaction',
    }),
    carrier: () => ({
      delayMs: 300 * switches.delayScale,
      failureRate: switches.shippingFailureRate,
      refusal: 'Shipping provider unavailable',
      undoDelayMs: 300 * switches.delayScale,
      undoFailureRate: 0,
      undoRefusal: '',
    }),
    mail: () => ({
      delayMs: 200 * switches.delayScale,
      failureRate: switches.notificationFailureRate,
      refusal: 'Notification provider unavailable',
      undoDelayMs: 0,
      undoFailureRate: 0,
      undoRefusal: '',
    }),
  }
}
