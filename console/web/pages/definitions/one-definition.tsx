import { Anchor, Select, Stack, Title } from '@mantine/core'
import type { ChoreographyView, SagaDefinitionView, StepView } from 'makegood/operations/contract'
import { type ReactNode, useMemo } from 'react'
import { Link } from 'wouter'
import { Facts } from '../../parts/facts.tsx'
import { useFilters } from '../../parts/filters.ts'
import { DefinitionGraph } from '../../parts/graph/definition-graph.tsx'
import { marksOfStanding } from '../../parts/graph/marks.ts'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { type Column, Rows } from '../../parts/table/rows.tsx'
import { lasting } from '../../parts/when.tsx'
import { paceOf } from './all-definitions.tsx'
import type { DefinitionEntry, DefinitionVersion } from './definitions.ts'
import { Stranded } from './stranded.tsx'
import { useDefinitions } from './use-definitions.ts'

/** A definition drawn, with what stands where in it. */
export function OneDefinition({ name }: { readonly name: string }): ReactNode {
  const { answer, entriesIn } = useDefinitions()
  return (
    <Page title={name}>
      <Stranded of={name} />
      <Answered of={answer}>
        {hosted => {
          const entry = entriesIn(hosted).find(each => each.name === name)
          return entry === undefined ? <Unknown /> : <Known entry={entry} />
        }}
      </Answered>
    </Page>
  )
}

function Unknown(): ReactNode {
  return (
    <Empty title="No service that answers hosts it.">
      <Anchor component={Link} href={paths.definitions} size="sm">
        What is hosted
      </Anchor>
    </Empty>
  )
}

function Known({ entry }: { readonly entry: DefinitionEntry }): ReactNode {
  const [chosen, choose] = useFilters(['version'])
  const { name, kind, versions } = entry
  const shown = versions.find(({ version }) => String(version) === chosen.version) ?? versions[0]!
  return (
    <>
      {versions.length > 1 && (
        <Select
          label="Version"
          data={versions.map(({ version }) => String(version))}
          value={String(shown.version)}
          onChange={version => choose({ version: version ?? undefined })}
          allowDeselect={false}
          maw={140}
        />
      )}
      <Facts
        of={{
          Kind: kind,
          ...(kind === 'saga' ? { Version: shown.version } : {}),
          Services: shown.services.join(', '),
          'In flight':
            shown.inFlight === null ? (
              'nobody follows it'
            ) : (
              <Anchor component={Link} href={paths.sagas({ definition: name, version: shown.version })} size="sm">
                {shown.inFlight}
              </Anchor>
            ),
          'Has to end within': shown.drawable.deadlineMs === null ? null : lasting(shown.drawable.deadlineMs),
          'Completed in (p50, p95)': paceOf(entry, 'completed'),
          'Compensated in (p50, p95)': paceOf(entry, 'compensated'),
        }}
      />
      <Drawn of={shown} />
      <Stack gap="xs" component="section">
        <Title order={2}>{kind === 'saga' ? 'Steps' : 'Reactions'}</Title>
        {'stages' in shown.drawable ? <Steps of={shown.drawable} /> : <Reactions of={shown.drawable} />}
      </Stack>
    </>
  )
}

function Drawn({ of: { version, drawable, standing } }: { readonly of: DefinitionVersion }): ReactNode {
  const marks = useMemo(
    () => marksOfStanding(drawable, standing, step => paths.sagas({ definition: drawable.name, version, step })),
    [drawable, standing, version],
  )
  return <DefinitionGraph definition={drawable} marks={marks} />
}

function Steps({ of: { stages } }: { readonly of: SagaDefinitionView }): ReactNode {
  return <Rows label="Steps" columns={stepColumns} rows={stages.flat()} keyOf={({ name }) => name} />
}

const stepColumns: readonly Column<StepView>[] = [
  { title: 'Step', cell: ({ name }) => <Said text={name} code /> },
  { title: 'Kind', cell: ({ kind, conditional }) => (conditional ? `${kind}, if needed` : kind) },
  { title: 'Command', cell: ({ command }) => <Said text={command} code /> },
  { title: 'Deadline', cell: ({ deadlineMs }) => lasting(deadlineMs), isNumber: true },
  { title: 'Failures', cell: ({ failures }) => failures.length > 0 && <Said text={failures.join(', ')} code /> },
  { title: 'Compensation', cell: ({ compensation }) => <Compensation of={compensation} /> },
]

function Compensation({ of: compensation }: { readonly of: StepView['compensation'] }): ReactNode {
  if (compensation === null) return 'none'
  if (compensation === 'not needed') return 'not needed'
  return (
    <>
      <Said text={compensation.command} code /> within {lasting(compensation.deadlineMs)}
    </>
  )
}

function Reactions({ of: { leads } }: { readonly of: ChoreographyView }): ReactNode {
  return (
    <Rows
      label="Reactions"
      columns={reactionColumns}
      rows={leads}
      keyOf={lead => `${lead.from} ${lead.in} ${lead.to.join(' ')}`}
    />
  )
}

const reactionColumns: readonly Column<ChoreographyView['leads'][number]>[] = [
  { title: 'When told of', cell: ({ from }) => <Said text={from} code /> },
  { title: 'Service', cell: lead => lead.in },
  { title: 'Says', cell: ({ to }) => <Said text={to.join(' or ') || 'nothing'} code /> },
  { title: 'Within', cell: ({ deadlineMs }) => lasting(deadlineMs), isNumber: true },
]
