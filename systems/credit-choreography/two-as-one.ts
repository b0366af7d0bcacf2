import type { PgClient, Service } from 'makegood'

/**
 * Two services of makegood over one database that are one to whoever runs them: they start, stop and are well
 * together. All else is asked of the first.
 */
export function twoAsOne(
  first: Service<string, PgClient>,
  second: Service<string, PgClient>,
): Service<string, PgClient> {
  const both = [first, second]
  return {
    name: first.name,
    hosts: both.flatMap(({ hosts }) => hosts),
    queries: { ...first.queries, figures: () => figuresOf(first, second) },
    start: async () => void (await Promise.all(both.map(service => service.start()))),
    stop: async () => void (await Promise.all(both.map(service => service.stop()))),
    health: () => healthOf(first, second),
    redrive: async identities => (await Promise.all(both.map(service => service.redrive(identities)))).flat(),
    transaction: work => first.transaction(work),
    publishDirectly: (event, payload, options) => first.publishDirectly(event, payload, options),
    within: transaction => first.within(transaction),
    startSaga: (saga, data, options) => first.startSaga(saga, data, options),
    result: (sagaId, options) => first.result(sagaId, options),
    status: (saga, key) => first.status(saga, key),
    cancel: (sagaId, reason) => first.cancel(sagaId, reason),
    request: (sagaId, request) => first.request(sagaId, request),
  }
}

async function healthOf(first: Service<string, PgClient>, second: Service<string, PgClient>) {
  const [one, other] = await Promise.all([first.health(), second.health()])
  return {
    ...one,
    ready: one.ready && other.ready,
    reasons: [...one.reasons, ...other.reasons],
    broker: one.broker.state === 'connected' ? other.broker : one.broker,
  }
}

async function figuresOf(first: Service<string, PgClient>, second: Service<string, PgClient>) {
  const [one, other] = await Promise.all([first.queries.figures(), second.queries.figures()])
  return {
    sagas: one.sagas,
    parked: one.parked + other.parked,
    dead: one.dead + other.dead,
    outbox: one.outbox + other.outbox,
    outboxAgeMs: Math.max(one.outboxAgeMs, other.outboxAgeMs),
  }
}
