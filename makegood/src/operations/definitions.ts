import type { Choreography } from '../definition/choreography.ts'
import type { EndEvent, Saga, SagaStep } from '../definition/saga.ts'
import { compensationTimingOf, reactionDeadlineMs, timingOf } from '../definition/timing.ts'
import { trackedVersion } from '../engine/follow.ts'
import type { Hosted } from '../engine/options.ts'
import type { VersionInFlight } from '../ports/store.ts'
import type { ChoreographyView, Definitions, SagaDefinitionView, StepView } from './contract.ts'
import type { OperatedService } from './services.ts'

type InFlight = readonly VersionInFlight[]

/** Whether it is the name of a choreography that is followed here. */
export function isTracked(hosts: readonly Hosted<any>[], name: string): boolean {
  return hosts.some(hosted => hosted.kind === 'tracker' && hosted.choreography.name === name)
}

/** What a service hosts, as data that can be drawn; with how many sagas that have not ended, and where they stand. */
export async function definitionsIn({ hosts, queries }: OperatedService): Promise<Definitions> {
  const [inFlight, standing] = await Promise.all([queries.versionsInFlight(), queries.standing()])
  return {
    sagas: hosts.filter(isSaga).map(saga => ({ ...sagaOf(saga), inFlight: countOf(inFlight, saga) })),
    choreographies: hosts.filter(isChoreography).map(choreographyOf),
    tracked: hosts.flatMap(hosted => {
      if (hosted.kind !== 'tracker') return []
      return [{ ...choreographyOf(hosted.choreography), inFlight: countOf(inFlight, hosted.choreography) }]
    }),
    commands: hosts.flatMap(hosted => (hosted.kind === 'handler' ? [hosted.command.type] : [])),
    events: hosts.flatMap(hosted => (hosted.kind === 'reaction' ? [hosted.event.type] : [])),
    standing,
  }
}

function isSaga(hosted: Hosted<any>): hosted is Saga<string, any> {
  return hosted.kind === 'saga'
}

function isChoreography(hosted: Hosted<any>): hosted is Choreography {
  return hosted.kind === 'choreography'
}

function countOf(inFlight: InFlight, { name, version = trackedVersion }: { name: string; version?: number }): number {
  return inFlight.find(each => each.definition === name && each.version === version)?.sagas ?? 0
}

function sagaOf({
  name,
  version,
  deadlineMs,
  startsOn,
  stages,
  ends,
}: Saga<string, any>): Omit<SagaDefinitionView, 'inFlight'> {
  return {
    name,
    version,
    deadlineMs: deadlineMs ?? null,
    startsOn: startsOn?.event.type ?? null,
    stages: stages.map(stage => stage.map(stepOf)),
    ends: { completed: typeOf(ends.completed), compensated: typeOf(ends.compensated) },
  }
}

function stepOf(step: SagaStep): StepView {
  const { name, kind, command, when, compensation } = step
  return {
    name,
    kind,
    command: command.type,
    failures: Object.keys(command.failures),
    conditional: when !== undefined,
    deadlineMs: timingOf(step).deadlineMs,
    compensation:
      typeof compensation === 'object'
        ? { command: compensation.command.type, deadlineMs: compensationTimingOf(step).deadlineMs }
        : (compensation ?? null),
  }
}

function choreographyOf({ name, starts, leads, ends, deadlineMs }: Choreography): ChoreographyView {
  return {
    name,
    deadlineMs: deadlineMs ?? null,
    starts: starts.type,
    leads: leads.map(lead => ({
      from: lead.from.type,
      in: lead.in,
      to: lead.to.map(event => event.type),
      deadlineMs: reactionDeadlineMs(lead),
    })),
    ends: {
      completed: ends.completed.map(event => event.type),
      compensated: (ends.compensated ?? []).map(event => event.type),
    },
  }
}

function typeOf(end: EndEvent | undefined): string | null {
  return end?.event.type ?? null
}
