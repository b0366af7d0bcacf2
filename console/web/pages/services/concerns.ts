import type { ServiceView } from 'makegood/operations/contract'
import { lasting } from '../../parts/when.tsx'

/** Something that somebody should look into. */
export interface Concern {
  readonly says: string
  /** A page under `docs/runbooks`. */
  readonly runbook: string
}

/** What somebody should look into at a service, the most urgent first. */
export function concernsOf(service: ServiceView): readonly Concern[] {
  const { reasons, database, broker, schema, clockSkewMs, figures, stranded } = service
  const isSaid = (what: string) => reasons.some(reason => reason.includes(what))
  return [
    ...reasons.map(says => ({ says, runbook: 'service-away' })),
    ...(database === 'down' && reasons.length === 0
      ? [{ says: 'Its database does not answer.', runbook: 'database-away' }]
      : []),
    ...(broker.because === null || isSaid(broker.because)
      ? []
      : [{ says: `The broker: ${broker.because}`, runbook: 'broker-away' }]),
    ...stranded.map(({ definition, version, sagas }) => ({
      says: `${sagas} of ${definition} version ${version} are in flight, and this process does not host that version.`,
      runbook: 'stranded-version',
    })),
    ...schemaConcerns(schema),
    ...(figures === null ? [] : outboxConcerns(figures.outbox)),
    ...(clockSkewMs !== null && Math.abs(clockSkewMs) > clockSkewMsMax
      ? [
          {
            says: `Its clock is ${lasting(Math.abs(clockSkewMs))} from its database’s: times in its log mislead.`,
            runbook: 'clock-skew',
          },
        ]
      : []),
  ]
}

/** Less is the network's. */
const clockSkewMsMax = 2_000

/** What is published at once is gone in milliseconds; the relay takes what was left after some seconds. */
const outboxOldestMsMax = 15_000

function schemaConcerns(schema: ServiceView['schema']): readonly Concern[] {
  if (schema === null || schema.applied === schema.known) return []
  const { applied, known } = schema
  const says =
    applied < known
      ? `Its tables are of migration ${applied}, and it knows ${known}: run makegood migrate.`
      : `Its tables are of migration ${applied}, newer than the ${known} that it knows: deploy newer code.`
  return [{ says, runbook: 'schema' }]
}

function outboxConcerns({ messages, oldestMs, error }: Figures['outbox']): readonly Concern[] {
  if (messages === 0) return []
  if (error !== null) return [{ says: `Its outbox: ${error}`, runbook: 'undeliverable' }]
  if (oldestMs <= outboxOldestMsMax) return []
  return [{ says: `A message has waited in its outbox for ${lasting(oldestMs)}.`, runbook: 'outbox-grows' }]
}

type Figures = NonNullable<ServiceView['figures']>
