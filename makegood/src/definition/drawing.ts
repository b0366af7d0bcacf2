import type { Choreography } from './choreography.ts'
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
  return definition.kind === 'saga' ? sagaDrawing(shapeOf(definition)) : choreographyDrawing(shapeOfEvents(definition))
}

/** What is drawn of a saga definition, as plain data: `operations` tell the same of the definitions of a service. */
export interface SagaShape {
  /** The event that it starts on. */
  readonly startsOn: string | null
  readonly stages: readonly (readonly StepShape[])[]
  readonly ends: { readonly completed: string | null }
}

export interface StepShape {
  readonly name: string
  readonly kind: string
  readonly command: string
  readonly compensation: 'not needed' | { readonly command: string } | null
}

export interface ChoreographyShape {
  readonly starts: string
  readonly leads: readonly { readonly from: string; readonly in: string; readonly to: readonly string[] }[]
  readonly ends: { readonly completed: readonly string[]; readonly compensated: readonly string[] }
}

export function choreographyDrawing({ starts, leads, ends }: ChoreographyShape): string {
  const types = [...new Set([starts, ...leads.flatMap(({ from, to }) => [from, ...to])])]
  const node = (type: string) => `e${types.indexOf(type)}`
  const shape = (type: string) => {
    if (ends.completed.includes(type)) return `(["${label(type)}: completed"])`
    return ends.compensated.includes(type) ? `(["${label(type)}: compensated"])` : `["${label(type)}"]`
  }
  return flowchart([
    ...types.map(type => `${node(type)}${shape(type)}`),
    ...leads.flatMap(lead => lead.to.map(type => `${node(lead.from)} -- ${label(lead.in)} --> ${node(type)}`)),
  ])
}

export function sagaDrawing({ stages, ends, startsOn }: SagaShape): string {
  const steps = stages.flat()
  const node = (step: StepShape) => `s${steps.indexOf(step)}`
  const last = ends.completed === null ? 'completed' : `${ends.completed}: completed`
  const edges = stages.flatMap((stage, at) => {
    const before = at === 0 ? ['start'] : stages[at - 1]!.map(node)
    return before.flatMap(from => stage.map(step => `${from} --> ${node(step)}`))
  })
  return flowchart([
    `start(["${label(startsOn ?? 'start')}"])`,
    ...steps.map(step => `${node(step)}["${[step.name, step.kind, step.command].map(label).join('<br>')}"]`),
    `end_(["${label(last)}"])`,
    ...edges,
    ...(stages.at(-1) ?? []).map(step => `${node(step)} --> end_`),
    ...steps.flatMap(step => {
      if (typeof step.compensation !== 'object' || step.compensation === null) return []
      const undo = `u${steps.indexOf(step)}`
      return [`${undo}["${label(step.compensation.command)}"]`, `${node(step)} -. undone by .-> ${undo}`]
    }),
  ])
}

function flowchart(lines: readonly string[]): string {
  return ['flowchart LR', ...lines.map(line => `  ${line}`), ''].join('\n')
}

/** What Mermaid would take for its own, as it writes characters itself. */
function label(text: string): string {
  return text.replace(/["<>#;|\n\r]/g, found => `#${found.charCodeAt(0)};`)
}

function shapeOf({ stages, ends, startsOn }: Saga<string, any>): SagaShape {
  return {
    startsOn: startsOn?.event.type ?? null,
    stages: stages.map(stage => stage.map(shapeOfStep)),
    ends: { completed: ends.completed?.event.type ?? null },
  }
}

function shapeOfStep({ name, kind, command, compensation }: SagaStep): StepShape {
  const undone = typeof compensation === 'object' ? { command: compensation.command.type } : (compensation ?? null)
  return { name, kind, command: command.type, compensation: undone }
}

function shapeOfEvents({ starts, leads, ends }: Choreography): ChoreographyShape {
  return {
    starts: starts.type,
    leads: leads.map(({ from, in: service, to }) => ({ from: from.type, in: service, to: to.map(({ type }) => type) })),
    ends: {
      completed: ends.completed.map(({ type }) => type),
      compensated: (ends.compensated ?? []).map(({ type }) => type),
    },
  }
}
