import { textOf } from '../model/errors.ts'
import type { Figures } from '../ports/store.ts'
import type { LinkState } from '../ports/transport.ts'

export interface Health {
  readonly ready: boolean
  /** Why it is not ready; empty if it is. */
  readonly reasons: readonly string[]
  readonly database: 'up' | 'down'
  readonly broker: LinkState
  readonly outbox: { readonly size: number; readonly ageMs: number }
}

/** Older than this, the outbox says that publishing does not keep up. */
const outboxAgeMsMax = 60_000

/** Before `start` there is no link. */
export const notStarted: LinkState = { state: 'connecting', because: 'the service has not started' }

export async function healthOf(broker: LinkState, figures: () => Promise<Figures>): Promise<Health> {
  const brokerSays =
    broker.state === 'connected'
      ? []
      : [`The broker is ${broker.state}${'because' in broker ? `: ${broker.because}` : ''}.`]
  try {
    const { outbox: size, outboxAgeMs: ageMs } = await figures()
    const outboxSays =
      ageMs > outboxAgeMsMax ? [`The oldest message in the outbox has waited for ${Math.round(ageMs / 1_000)} s.`] : []
    const reasons = [...brokerSays, ...outboxSays]
    return { ready: reasons.length === 0, reasons, database: 'up', broker, outbox: { size, ageMs } }
  } catch (error) {
    const reasons = [...brokerSays, `The database does not answer: ${textOf(error)}`]
    return { ready: false, reasons, database: 'down', broker, outbox: { size: 0, ageMs: 0 } }
  }
}
