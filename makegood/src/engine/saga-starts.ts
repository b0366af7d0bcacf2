import { uuidv7 } from 'uuidv7'
import type { Saga } from '../definition/saga.ts'
import { validate } from '../definition/schema.ts'
import { MakegoodError } from '../model/errors.ts'
import type { EventMessage } from '../model/message.ts'
import type { Engine } from './engine.ts'
import { sagaKey } from './hosted.ts'
import type { SagaStart } from './orchestration.ts'
import type { Origin } from './outgoing.ts'

/** The sagas that an event starts. A saga takes the event's saga id if it has one. */
export function sagaStartsOf(sagas: readonly Saga[], event: EventMessage): Promise<readonly SagaStart[]> {
  return Promise.all(sagas.map(definition => startedBy(definition, event)))
}

/**
 * The start that the application asks for.
 * @throws MakegoodError `SAGA_UNKNOWN` if the saga is not hosted here, `PAYLOAD_INVALID`
 */
export async function sagaStartFor(
  { hosted, service }: Engine,
  asked: { readonly definition: Saga; readonly data: unknown; readonly key: string },
  originOf: (sagaId: string) => Origin,
): Promise<SagaStart> {
  const { definition, key } = asked
  const { name, version } = definition
  if (!hosted.sagas.has(sagaKey(name, version))) {
    const what = `${service} does not host the saga ${name} ${version}`
    throw new MakegoodError('SAGA_UNKNOWN', `${what}: host it here, or publish the event that it starts on.`)
  }
  const data = await validData(definition, asked.data, 'What was given for')
  const id = uuidv7()
  return { definition, id, key, data, origin: originOf(id) }
}

async function startedBy(definition: Saga, event: EventMessage): Promise<SagaStart> {
  const on = definition.startsOn as { key(event: unknown): string; data(event: unknown): unknown }
  const key = on.key(event.payload)
  const data = await validData(definition, on.data(event.payload), `What the event ${event.type} gives`)
  const id = event.sagaId ?? uuidv7()
  return { definition, id, key, data, origin: { correlationId: id, causationId: event.id, headers: event.headers } }
}

async function validData(definition: Saga, given: unknown, what: string): Promise<unknown> {
  const data = await validate(definition.data, given)
  if (data.issues === undefined) return data.value
  throw new MakegoodError(
    'PAYLOAD_INVALID',
    `${what} the saga ${definition.name} does not match its schema: ${data.issues}`,
  )
}
