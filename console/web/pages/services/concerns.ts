import type { ServiceView } from 'makegood/operations/contract'
import { lasting } from '../../parts/when.tsx'

/** What somebody should look into at a service, in sentences; the first is the most urgent. */
export function concernsOf(service: ServiceView): readonly string[] {
  const { reasons, database, broker, schema, clockSkewMs, figures, stranded } = service
  return [
    ...reasons,
    ...(database === 'down' && reasons.length === 0 ? ['Its database does not answer.'] : []),
    ...(broker.because === null || reasons.some(reason => reason.includes(broker.because!)) ? [] : [broker.because]),
    ...stranded.map(
      ({ definition, version, sagas }) =>
        `${sagas} of ${definition} version ${version} are in flight, and nobody hosts that version here: host it beside the newer one.`,
    ),
    ...schemaConcerns(schema),
    ...(figures === null ? [] : outboxConcerns(figures.outbox)),
    ...(clockSkewMs !== null && Math.abs(clockSkewMs) > clockSkewMsMax
      ? [`Its clock is ${lasting(Math.abs(clockSkewMs))} from its database’s: times in its log mislead.`]
      : []),
  ]
}

/** Less is the network's. */
const clockSkewMsMax = 2_000

/** What is published at once is gone in milliseconds; the relay takes what was left after some seconds. */
const outboxOldestMsMax = 15_000

function schemaConcerns(schema: ServiceView['schema']): readonly string[] {
  if (schema === null || schema.applied === schema.known) return []
  return schema.applied < schema.known
    ? [`Its tables are of migration ${schema.applied}, it knows ${schema.known}: run makegood migrate.`]
    : [
        `Its tables are of migration ${schema.applied}, newer than the ${schema.known} that it knows: deploy newer code.`,
      ]
}

function outboxConcerns({
  messages,
  oldestMs,
  error,
}: NonNullable<ServiceView['figures']>['outbox']): readonly string[] {
  if (messages === 0) return []
  return [
    ...(error === null ? [] : [`Its outbox: ${error}`]),
    ...(error === null && oldestMs > outboxOldestMsMax
      ? [`A message has waited in its outbox for ${lasting(oldestMs)}.`]
      : []),
  ]
}
