import type { Direction, MessageType } from '../model/message.ts'
import type { SagaStatus } from '../model/saga-state.ts'
import type { Decision } from './decision.ts'

/** What a request does to a saga at once; what follows from it depends on who answers what. */
export interface Effect {
  readonly from: SagaStatus
  readonly to: SagaStatus
  readonly sends: readonly { readonly command: MessageType; readonly step: string; readonly direction: Direction }[]
  readonly publishes: readonly MessageType[]
  readonly journal: readonly { readonly kind: string; readonly step: string | undefined }[]
}

export function effectOf(from: SagaStatus, { state, send, publish, journal }: Decision): Effect {
  return {
    from,
    to: state.status,
    sends: send.map(({ type: command, step, direction }) => ({ command, step, direction })),
    publishes: publish.map(({ type }) => type),
    journal: journal.map(({ kind, step }) => ({ kind, step })),
  }
}
