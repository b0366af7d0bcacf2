import type { InboxView, SagaActionResult, SagaInFull, SagaView, ServiceView } from '../../src/operations/contract.ts'

/** Bodies as the contract has them, each with what a test says of it. */

export const sagaId = '019aa111-0000-7000-8000-000000000001'

export function sagaView(more: Partial<SagaView> = {}): SagaView {
  return {
    id: sagaId,
    definition: 'checkout',
    version: 1,
    key: 'order-1',
    status: 'stuck',
    revision: '0123456789abcdef',
    startedAt: '2026-01-01T00:00:00.000Z',
    changedAt: '2026-01-01T00:00:01.000Z',
    endedAt: null,
    wakeAt: null,
    steps: ['payment'],
    trouble: null,
    cause: null,
    ...more,
  }
}

export function inboxView(more: Partial<InboxView> = {}): InboxView {
  return {
    identity: 'm-1',
    messageId: 'm-1',
    kind: 'command',
    type: 'payment.process',
    sagaId,
    correlationId: sagaId,
    causationId: null,
    receivedAt: '2026-01-01T00:00:00.500Z',
    state: 'succeeded',
    attempt: 1,
    answer: null,
    error: null,
    envelope: null,
    tries: null,
    dueAt: null,
    editable: null,
    payload: null,
    fingerprint: null,
    ...more,
  }
}

export function sagaInFull(more: Partial<SagaInFull> = {}): SagaInFull {
  return {
    ...sagaView(),
    service: 'orchestrator',
    correlationId: sagaId,
    state: {},
    data: {},
    headers: {},
    journal: [],
    messages: [],
    masked: false,
    ...more,
  }
}

export function serviceView(more: Partial<ServiceView> = {}): ServiceView {
  return {
    ready: true,
    reasons: [],
    database: 'up',
    broker: { state: 'connected', because: null },
    version: '0.1.0',
    startedAt: '2026-01-01T00:00:00.000Z',
    schema: { applied: 2, known: 2 },
    clockSkewMs: 3,
    figures: {
      sagas: { running: 0, compensating: 0, stuck: 0 },
      parked: 0,
      deadLetters: 0,
      outbox: { messages: 0, oldestMs: 0, error: null },
      waiting: 0,
      inbox: { count: 0, more: false },
    },
    stranded: [],
    ...more,
  }
}

export function sagasOf(service: string, ...sagas: readonly SagaView[]): object {
  return { service, sagas, next: null, searchedTo: null }
}

/** Answers to `POST /sagas/actions` of a service that has these sagas. */
export function acting(...ids: readonly string[]) {
  return ({ body: { items, dryRun } }: { readonly body: any }): object => ({
    results: items.map(({ id }: { readonly id: string }): SagaActionResult => {
      const isHere = ids.includes(id)
      return {
        id,
        service: isHere ? 'orchestrator' : null,
        outcome: isHere ? (dryRun ? 'would be done' : 'done') : 'unknown',
        says: isHere ? 'It is sent again.' : 'No service here has it.',
        effect: isHere
          ? {
              from: 'stuck',
              to: 'running',
              sends: [],
              publishes: [],
              undoes: [],
              leaves: { open: [], done: [] },
              journal: [],
            }
          : null,
        saga: isHere ? sagaView({ id }) : null,
      }
    }),
  })
}
