import { uuidv7 } from 'uuidv7'
import type { Saga } from '../definition/saga.ts'
import { validate } from '../definition/schema.ts'
import { MakegoodError } from '../model/errors.ts'
import type { EventMessage } from '../model/message.ts'
import type { SagaStart } from './orchestration.ts'

/** The sagas that an event starts. The saga takes the event's saga id if it has one. */
export function sagaStartsOf(sagas: readonly Saga[], event: EventMessage): Promise<readonly SagaStart[]> {
  return Promise.all(sagas.map(definition => sagaStartOf(definition, event)))
}

async function sagaStartOf(definition: Saga, event: EventMessage): Promise<SagaStart> {
  const on = definition.startsOn as { key(event: unknown): string; data(event: unknown): unknown }
  const key = on.key(event.payload)
  const data = await validate(definition.data, on.data(event.payload))
  if (data.issues !== undefined) {
    throw new MakegoodError(
      'PAYLOAD_INVALID',
      `The event ${event.type} gives the saga ${definition.name} data that does not match its schema: ${data.issues}`,
    )
  }
  const id = event.sagaId ?? uuidv7()
  return {
    definition,
    id,
    key,
    data: data.value,
    origin: { correlationId: id, causationId: event.id, headers: event.headers },
  }
}
