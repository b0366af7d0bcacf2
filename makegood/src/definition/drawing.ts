import { type Choreography, eventsOf } from './choreography.ts'
import type { Saga, SagaStep } from './saga.ts'

/**
 * Draws a definition as a Mermaid flowchart, for documents and for whoever looks at it in a browser: a choreography's
 * events, from the one that starts it to its ends, with the services that lead from one to the other; a saga's steps in
 * their order, those of a stage side by side, with what undoes them.
 *
 * @example
 * writeFileSync('ordering.mmd', drawing(ordering))
 */
export function drawing(definition: Choreography | Saga<string, any>): string {
  const lines = definition.kind === 'saga' ? linesOfSaga(definition) : linesOfChoreography(definition)
  return ['flowchart LR', ...lines.map(line => `  ${line}`), ''].join('\n')
}

function linesOfChoreography(choreography: Choreography): readonly string[] {
  const { leads, ends } = choreography
  const types: readonly string[] = eventsOf(choreography).map(({ type }) => type)
  const node = (type: string) => `e${types.indexOf(type)}`
  const completed = ends.completed.map(({ type }) => type as string)
  const compensated = (ends.compensated ?? []).map(({ type }) => type as string)
  const shape = (type: string) => {
    if (completed.includes(type)) return `(["${type}: completed"])`
    return compensated.includes(type) ? `(["${type}: compensated"])` : `["${type}"]`
  }
  return [
    ...types.map(type => `${node(type)}${shape(type)}`),
    ...leads.flatMap(lead => lead.to.map(({ type }) => `${node(lead.from.type)} -- ${lead.in} --> ${node(type)}`)),
  ]
}

function linesOfSaga({ stages, ends, startsOn }: Saga): readonly string[] {
  const steps = stages.flat()
  const node = (step: SagaStep) => `s${steps.indexOf(step)}`
  const first = startsOn === undefined ? 'start' : startsOn.event.type
  const last = ends.completed === undefined ? 'completed' : `${ends.completed.event.type}: completed`
  const edges = stages.flatMap((stage, at) => {
    const before = at === 0 ? ['start'] : stages[at - 1]!.map(node)
    return before.flatMap(from => stage.map(step => `${from} --> ${node(step)}`))
  })
  return [
    `start(["${first}"])`,
    ...steps.map(step => `${node(step)}["${step.name}<br>${step.kind}<br>${step.command.type}"]`),
    `end_(["${last}"])`,
    ...edges,
    ...(stages.at(-1) ?? []).map(step => `${node(step)} --> end_`),
    ...steps.flatMap(step => {
      if (typeof step.compensation !== 'object') return []
      const undo = `u${steps.indexOf(step)}`
      return [`${undo}["${step.compensation.command.type}"]`, `${node(step)} -. undone by .-> ${undo}`]
    }),
  ]
}
