import type { ServiceView } from './contract.ts'

/** Something about a process, or about its service, that a person should look into. */
export interface Finding {
  readonly says: string
  /** What to do first. */
  readonly todo: string
  /** A page under `docs/runbooks`. */
  readonly runbook: string
}

/** What somebody should look into, the most urgent first. What only follows from something else is not said beside it. */
export function findingsOn(service: ServiceView): readonly Finding[] {
  return [...linkFindings(service), ...failureFindings(service), ...outboxFindings(service), ...codeFindings(service)]
}

/** The same but for what failed, where that is told by its groups. */
export function findingsOnProcess(service: ServiceView): readonly Finding[] {
  return [...linkFindings(service), ...outboxFindings(service), ...codeFindings(service)]
}

function linkFindings({ ready, reasons, database, broker }: ServiceView): readonly Finding[] {
  const because = reasons.length === 0 ? '' : ` ${reasons.join(' ')}`
  if (database === 'down') {
    return [
      {
        says: `Its database is away.${because}`,
        todo: 'Bring the database back: the service goes on by itself.',
        runbook: 'database-away',
      },
    ]
  }
  if (broker.state !== 'connected') {
    const says = `Its broker is ${broker.state}${broker.because === null ? '' : `: ${broker.because}`}.`
    return [{ says, todo: 'Bring the broker back: the service goes on by itself.', runbook: 'broker-away' }]
  }
  return ready ? [] : [{ says: `It is not ready.${because}`, todo: 'Look at its log.', runbook: 'service-away' }]
}

function failureFindings({ figures }: ServiceView): readonly Finding[] {
  if (figures === null) return []
  const { sagas, deadLetters } = figures
  return [
    ...(sagas.stuck === 0
      ? []
      : [{ says: `${many(sagas.stuck, 'stuck saga')}.`, todo: 'See why: makegood failures', runbook: 'stuck-sagas' }]),
    ...(deadLetters === 0
      ? []
      : [
          { says: `${many(deadLetters, 'dead letter')}.`, todo: 'See why: makegood failures', runbook: 'dead-letters' },
        ]),
  ]
}

/** What is published at once is gone in milliseconds; the relay takes what was left after some seconds. */
const outboxOldestMsMax = 15_000

function outboxFindings({ figures, broker }: ServiceView): readonly Finding[] {
  // What cannot be sent because the broker is away is no matter of the service that would send it.
  if (figures === null || broker.state !== 'connected') return []
  const { messages, oldestMs, error } = figures.outbox
  if (messages === 0 || (error === null && oldestMs <= outboxOldestMsMax)) return []
  const waits = `${many(messages, 'message')} in its outbox, the oldest for ${Math.round(oldestMs / 1_000)} s`
  if (error === null) {
    return [{ says: `${waits}.`, todo: 'See whether its broker takes what it is sent.', runbook: 'outbox-grows' }]
  }
  return error.startsWith('Nobody takes')
    ? [
        {
          says: `${waits}: ${error}`,
          todo: 'Start the service that should take it, or bind its queue.',
          runbook: 'undeliverable',
        },
      ]
    : [{ says: `${waits}: ${error}`, todo: 'Look at the broker.', runbook: 'unconfirmed' }]
}

function codeFindings({ schema, clockSkewMs, stranded }: ServiceView): readonly Finding[] {
  return [
    ...stranded.map(({ definition, version, sagas }) => ({
      says: `${many(sagas, 'saga')} in flight of ${definition} ${version}, which this process does not host.`,
      todo: 'Host this version beside the new one until none is left.',
      runbook: 'stranded-version',
    })),
    ...(schema === null ? [] : schemaFindings(schema)),
    ...(clockSkewMs === null ? [] : clockFindings(clockSkewMs)),
  ]
}

function schemaFindings({ applied, known }: NonNullable<ServiceView['schema']>): readonly Finding[] {
  if (applied === known) return []
  const says = `Its tables are at migration ${applied}, and its code knows ${known}.`
  const todo =
    applied < known ? 'Apply what is missing: makegood migrate' : 'Update the service: migrations only go forward.'
  return [{ says, todo, runbook: 'schema' }]
}

/** Less is the network's. */
const clockSkewMsMax = 2_000

function clockFindings(skewMs: number): readonly Finding[] {
  if (Math.abs(skewMs) <= clockSkewMsMax) return []
  const says = `Its clock is ${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} its database's.`
  return [{ says, todo: 'Set the clock of its machine, or of the database.', runbook: 'clock-skew' }]
}

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
