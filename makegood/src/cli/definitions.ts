import { type Command, Option } from 'commander'
import { choreographyDrawing, sagaDrawing } from '../definition/drawing.ts'
import type { Part } from '../operations/client.ts'
import type { ChoreographyView, Definitions, SagaDefinitionView, StepView } from '../operations/contract.ts'
import { asks } from './asking.ts'
import { statusText } from './saga-lines.ts'
import { exitOf } from './said.ts'
import { table } from './table.ts'
import { type Desk, exits, type Terminal } from './terminal.ts'
import { block, bold, dim, joined, jsonDocument, lines, Text, text } from './text.ts'
import { span } from './times.ts'

interface ShowFlags {
  readonly service?: string
  readonly format: 'text' | 'mermaid' | 'json'
}

export function definitionsCommands(desk: Desk, makegood: Command): void {
  const definitions = makegood.command('definitions').description('Look at what is hosted.')
  const show = definitions
    .command('show')
    .description('Saga definitions and choreographies: their steps, and how many sagas stand at which.')
    .argument('[name]', 'only this one')
    .option('--service <name>', 'only of this service')
    .addOption(
      new Option('--format <format>', 'for people, as Mermaid flowcharts, or as JSON (the same as --json)')
        .choices(['text', 'mermaid', 'json'])
        .default('text'),
    )
  asks<ShowFlags>(desk, show, async ({ client, flags, terminal }, name?: string) => {
    const { services, unreachable } = await client.definitions(flags.service ? { service: flags.service } : {})
    const document = { services: services.map(each => only(name, each)), unreachable }
    const isUnknown = name !== undefined && document.services.every(isEmpty)
    return {
      document,
      page: isUnknown ? text`Nothing here is called ${name}.` : pageOf(document, flags.format, terminal),
      exit: exitOf(unreachable) || (isUnknown ? exits.refused : exits.done),
    }
  })
}

type Hosted = Part<Definitions>

function only(name: string | undefined, { sagas, choreographies, tracked, standing, ...rest }: Hosted): Hosted {
  const isMeant = (each: { readonly name: string }) => name === undefined || each.name === name
  return {
    ...rest,
    sagas: sagas.filter(isMeant),
    choreographies: choreographies.filter(isMeant),
    tracked: tracked.filter(isMeant),
    standing: standing.filter(({ definition }) => isMeant({ name: definition })),
  }
}

function isEmpty({ sagas, choreographies, tracked }: Hosted): boolean {
  return sagas.length + choreographies.length + tracked.length === 0
}

interface Found {
  readonly services: readonly Hosted[]
  readonly [name: string]: unknown
}

function pageOf(found: Found, format: ShowFlags['format'], terminal: Terminal): Text {
  switch (format) {
    case 'text':
      return joined(
        found.services.flatMap(hosted => hostedTexts(hosted, terminal)),
        '\n\n',
      )
    case 'mermaid':
      return joined(drawings(found.services), '\n\n')
    case 'json':
      return new Text(jsonDocument(found).trimEnd())
  }
}

/** The same choreography is hosted by each that takes part in it. */
function drawings(services: readonly Hosted[]): readonly Text[] {
  const sagas = services.flatMap(each => each.sagas)
  const choreographies = services.flatMap(each => [...each.choreographies, ...each.tracked])
  const drawn = new Map([
    ...sagas.map(saga => [`${saga.name} ${saga.version}`, sagaDrawing(saga)] as const),
    ...choreographies.map(choreography => [choreography.name, choreographyDrawing(choreography)] as const),
  ])
  return [...drawn].map(([name, drawing]) => lines(text`%% ${name}`, block(drawing.trimEnd(), '')))
}

// ── For people ──────────────────────────────────────────────────────────────────────────────────────────────────────

function hostedTexts(hosted: Hosted, terminal: Terminal): readonly Text[] {
  return [
    ...hosted.sagas.map(saga => sagaText(saga, hosted, terminal)),
    ...hosted.tracked.map(each =>
      choreographyText(each, `followed by ${hosted.service}, ${each.inFlight} in flight`, terminal),
    ),
    ...hosted.choreographies.map(each => choreographyText(each, `taken part in by ${hosted.service}`, terminal)),
  ]
}

function sagaText(saga: SagaDefinitionView, { service, standing }: Hosted, { width }: Terminal): Text {
  const { name, version, stages, inFlight, deadlineMs, startsOn } = saga
  const isBeside = new Set(stages.filter(stage => stage.length > 1).flat())
  const at = (step: StepView) =>
    standing.filter(each => each.definition === name && each.version === version && each.step === step.name)
  const columns = [
    { head: '  STEP', cell: (step: StepView) => text`  ${step.name}${isBeside.has(step) ? ' ∥' : ''}` },
    { head: 'KIND', cell: ({ kind, conditional }: StepView) => `${kind}${conditional ? ', conditional' : ''}` },
    { head: 'COMMAND', cell: ({ command }: StepView) => command },
    { head: 'MAY FAIL WITH', cell: ({ failures }: StepView) => failures.join(', ') },
    { head: 'UNDONE BY', cell: ({ compensation }: StepView) => undoneBy(compensation) },
    { head: 'WITHIN', cell: ({ deadlineMs }: StepView) => span(deadlineMs) },
    {
      head: 'STAND HERE',
      cell: (step: StepView) =>
        joined(
          at(step).map(({ status, sagas }) => text`${sagas} ${statusText(status)}`),
          ', ',
        ),
    },
  ]
  const within = deadlineMs === null ? '' : `, within ${span(deadlineMs)}`
  const starts = startsOn === null ? '' : `, starts on ${startsOn}`
  return lines(
    bold(text`${name} ${version}`),
    dim(text`  in ${service}${starts}${within}, ${inFlight} in flight`),
    table(columns, stages.flat(), width),
  )
}

function undoneBy(compensation: StepView['compensation']): string {
  return typeof compensation === 'object' ? (compensation?.command ?? '') : compensation
}

function choreographyText(choreography: ChoreographyView, about: string, { width }: Terminal): Text {
  const { name, starts, leads, ends } = choreography
  type Lead = ChoreographyView['leads'][number]
  const columns = [
    { head: '  EVENT', cell: ({ from }: Lead) => text`  ${from}` },
    { head: 'IN', cell: (lead: Lead) => lead.in },
    { head: 'LEADS TO', cell: ({ to }: Lead) => to.join(' or ') },
    { head: 'WITHIN', cell: ({ deadlineMs }: Lead) => span(deadlineMs) },
  ]
  return lines(
    bold(name),
    dim(text`  ${about}, starts with ${starts}, ends with ${[...ends.completed, ...ends.compensated].join(' or ')}`),
    table(columns, leads, width),
  )
}
