import type { SagaState } from 'makegood'
import type {
  ChoreographyView,
  SagaDefinitionView,
  SagaInFull,
  ServiceView,
  StepView,
} from 'makegood/operations/contract'
import type { AnswerOf } from '../../web/api/answers.ts'
import { Participants } from '../../web/pages/saga/participants.ts'
import type { Seen } from '../../web/pages/saga/story.ts'

export const began = Date.parse('2026-11-21T12:00:00.000Z')

export function at(seconds: number): string {
  return new Date(began + seconds * 1_000).toISOString()
}

type Received = SagaInFull['messages'][number]

/** A saga as its service tells it. */
export function sagaIn(state: SagaState, over: Partial<SagaInFull> = {}): SagaInFull {
  return {
    id: '01a1fe2f-ef5e-7f36-96b4-a6ab39c128f3',
    service: 'orchestrator',
    definition: 'checkout',
    version: 1,
    key: 'order-7',
    status: state.status,
    revision: '0123456789abcdef',
    startedAt: at(0),
    changedAt: at(0),
    endedAt: null,
    wakeAt: null,
    steps: [],
    trouble: null,
    cause: null,
    correlationId: '01a1fe2f-ef5e-7f36-96b4-a6ab39c128f3',
    state,
    data: { order_id: 'order-7' },
    headers: {},
    journal: [],
    messages: [],
    masked: false,
    ...over,
  }
}

export function received(over: Partial<Received>): Received {
  return {
    service: 'payment-service',
    identity: 'command/payment',
    messageId: 'm-1',
    kind: 'command',
    type: 'payment.charge',
    sagaId: null,
    correlationId: '01a1fe2f-ef5e-7f36-96b4-a6ab39c128f3',
    causationId: null,
    receivedAt: at(0),
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
    ...over,
  }
}

function step(name: string, command: string, undo: string | null): StepView {
  return {
    name,
    kind: undo === null ? 'best-effort' : 'compensatable',
    command,
    failures: [],
    conditional: false,
    deadlineMs: 3_600_000,
    compensation: undo === null ? null : { command: undo, deadlineMs: 3_600_000 },
  }
}

export const checkout: SagaDefinitionView = {
  name: 'checkout',
  version: 1,
  deadlineMs: null,
  startsOn: 'order.created',
  stages: [
    [step('payment', 'payment.charge', 'payment.refund')],
    [step('shipping', 'shipping.create', 'shipping.cancel')],
    [step('notification', 'notification.send', null)],
  ],
  ends: { completed: 'order.completed', compensated: 'order.cancelled' },
  inFlight: 1,
}

export const ordering: ChoreographyView = {
  name: 'ordering',
  deadlineMs: null,
  starts: 'order.created',
  leads: [{ from: 'order.created', in: 'stock-service', to: ['stock.reserved', 'stock.refused'], deadlineMs: 60_000 }],
  ends: { completed: ['stock.reserved'], compensated: ['stock.refused'] },
}

const handlers = [
  ['payment-service', ['payment.charge', 'payment.refund']],
  ['shipping-service', ['shipping.create', 'shipping.cancel']],
  ['notification-service', ['notification.send']],
] as const

const definitions: AnswerOf<'definitions'> = {
  away: [],
  services: handlers.map(([service, commands]) => ({
    service,
    url: `http://${service}`,
    sagas: [],
    choreographies: [],
    tracked: [],
    commands,
    events: [],
    standing: [],
  })),
}

export const figures: NonNullable<ServiceView['figures']> = {
  sagas: { running: 0, compensating: 0, stuck: 0 },
  parked: 0,
  deadLetters: 0,
  outbox: { messages: 0, oldestMs: 0, error: null },
  waiting: 0,
  inbox: { count: 0, more: false },
}

export function process(service: string, over: Partial<ServiceView> = {}): AnswerOf<'services'>['services'][number] {
  return {
    service,
    url: `http://${service}`,
    ready: true,
    reasons: [],
    database: 'up',
    broker: { state: 'connected', because: null },
    version: '0.1.0',
    startedAt: at(-3_600),
    schema: { applied: 2, known: 2 },
    clockSkewMs: 0,
    figures: null,
    stranded: [],
    ...over,
  }
}

/** What whoever looks at it `seconds` after it began knows. */
export function seen(
  saga: SagaInFull,
  {
    seconds = 60,
    services = handlers.map(([service]) => process(service)),
    definition = checkout as Seen['definition'],
  } = {},
): Seen {
  return {
    saga,
    definition,
    participants: new Participants(definitions, { services, away: [] }),
    now: began + seconds * 1_000,
  }
}
