import { readFileSync } from 'node:fs'
import { inTime } from '../adapters/in-time.ts'
import { trackedVersion } from '../engine/follow.ts'
import { healthOf } from '../engine/health.ts'
import { sagaKey } from '../engine/hosted.ts'
import type { Hosted } from '../engine/options.ts'
import type { Service } from '../engine/service.ts'
import { withTimeLimit } from '../engine/time-limit.ts'
import type { Figures, StoreCondition, VersionInFlight } from '../ports/store.ts'
import type { LinkState } from '../ports/transport.ts'
import type { FiguresView, ServiceView } from './contract.ts'
import { timeOrNull } from './times.ts'

/** How a service is, now. Of a database that does not answer in time nothing is known but that. */
export async function serviceView(service: Service<string, any>): Promise<ServiceView> {
  const { hosts, queries, broker, startedAt } = service
  const asked = Date.now()
  const figures = withTimeLimit(queries.figures(), answerMsMax, () => new Error(`nothing in ${answerMsMax} ms`))
  const [health, counted, condition, inFlight, waiting] = await Promise.all([
    healthOf(broker, () => figures),
    figures.catch(() => undefined),
    inTime(
      answerMsMax,
      queries.condition().then(each => ({ ...each, skewMs: Math.round((asked + Date.now()) / 2 - each.now) })),
    ),
    inTime(answerMsMax, queries.versionsInFlight()),
    service.waiting(),
  ])
  return {
    ready: health.ready,
    reasons: health.reasons,
    database: health.database,
    broker: brokerView(broker),
    version,
    startedAt: timeOrNull(startedAt),
    schema: condition?.schema ?? null,
    clockSkewMs: condition?.skewMs ?? null,
    figures: counted && condition ? figuresView(counted, condition, waiting) : null,
    stranded: strandedAmong(inFlight ?? [], hosts),
  }
}

/** Whoever asks has little patience, and a database that hangs answers nobody. */
const answerMsMax = 2_000

function brokerView(broker: LinkState): ServiceView['broker'] {
  return { state: broker.state, because: 'because' in broker ? broker.because : null }
}

function figuresView(
  { sagas, parked, dead, outbox, outboxAgeMs }: Figures,
  { inbox, outboxError }: StoreCondition,
  waiting: number | undefined,
): FiguresView {
  const { running = 0, compensating = 0, stuck = 0 } = sagas
  return {
    sagas: { running, compensating, stuck },
    parked,
    deadLetters: dead,
    outbox: { messages: outbox, oldestMs: outboxAgeMs, error: outboxError ?? null },
    waiting: waiting ?? null,
    inbox,
  }
}

function strandedAmong(
  inFlight: readonly VersionInFlight[],
  hosts: readonly Hosted<any>[],
): readonly VersionInFlight[] {
  const hosted = new Set(hosts.map(keyOf))
  return inFlight.filter(({ definition, version }) => !hosted.has(sagaKey(definition, version)))
}

function keyOf(hosted: Hosted<any>): string | undefined {
  switch (hosted.kind) {
    case 'saga':
      return sagaKey(hosted.name, hosted.version)
    case 'tracker':
      return sagaKey(hosted.choreography.name, trackedVersion)
    case 'handler':
    case 'reaction':
    case 'choreography':
      return undefined
  }
}

/** Of makegood, in this process: the file stands as far from its sources as from what is built of them. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}
