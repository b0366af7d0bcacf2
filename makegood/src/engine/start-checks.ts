import type { SagaStep } from '../definition/saga.ts'
import { MakegoodError } from '../model/errors.ts'
import type { Engine } from './engine.ts'
import { sagaKey } from './hosted.ts'
import { canCompensateInDoubt } from './in-doubt.ts'

/**
 * What the compiler cannot know: that the wire has a queue for who reads, that a step in doubt has a way back, and that
 * this service reacts to what its choreographies have it react to.
 * @throws MakegoodError `HOSTS_INVALID`
 */
export function checkHosted({ hosted, service, queue, wire }: Engine): void {
  const reads = hosted.handlers.size + hosted.reactions.size + hosted.sagas.size + hosted.tracked.size > 0
  if (reads && queue === undefined)
    throw new MakegoodError('HOSTS_INVALID', `The wire has no queue for ${service}, which hosts what is read from one.`)
  for (const { name, leads } of hosted.choreographies) {
    const missing = leads.find(lead => lead.in === service && !hosted.reactions.has(lead.from.type))
    if (missing === undefined) continue
    throw new MakegoodError(
      'HOSTS_INVALID',
      `The choreography ${name} has ${service} react to ${missing.from.type}, and ${service} hosts no reaction to it.`,
    )
  }
  if (wire.canClose) return
  for (const saga of hosted.sagas.values()) {
    for (const step of saga.stages.flat()) {
      if (hasWayBackInDoubt(step)) continue
      throw new MakegoodError(
        'HOSTS_INVALID',
        `The saga ${saga.name} ${saga.version} cannot undo its step ${step.name} when that fell silent: the participants on this wire cannot be asked, so the compensation needs an inDoubt payload, for a command of the same service.`,
      )
    }
  }
}

function hasWayBackInDoubt(step: SagaStep): boolean {
  return step.kind !== 'compensatable' || typeof step.compensation !== 'object' || canCompensateInDoubt(step)
}

/** @throws MakegoodError `VERSION_STRANDED`, naming the sagas in flight whose version is hosted no more. */
export async function checkVersions({ hosted, service, store }: Engine): Promise<void> {
  const inFlight = await store.queries.versionsInFlight()
  const stranded = inFlight.filter(({ definition, version }) => {
    const key = sagaKey(definition, version)
    return !hosted.sagas.has(key) && !hosted.tracked.has(key)
  })
  if (stranded.length === 0) return
  const list = stranded.map(({ definition, version, sagas }) => `${sagas} of ${definition} ${version}`).join(', ')
  throw new MakegoodError(
    'VERSION_STRANDED',
    `${service} would strand sagas in flight: ${list}. Host these versions beside the new ones until none is left.`,
  )
}
