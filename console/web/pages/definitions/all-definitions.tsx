import { Anchor, Stack, Title } from '@mantine/core'
import type { SagaStatus } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { AnswerOf } from '../../api/answers.ts'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { type Column, Rows } from '../../parts/table/rows.tsx'
import { lasting } from '../../parts/when.tsx'
import type { DefinitionEntry } from './definitions.ts'
import './definitions.css'
import { Stranded } from './stranded.tsx'
import { useDefinitions } from './use-definitions.ts'

/** What is hosted, and who handles what. */
export function AllDefinitions(): ReactNode {
  const { answer, entriesIn } = useDefinitions()
  return (
    <Page title="Definitions">
      <Stranded />
      <Answered of={answer}>
        {hosted => {
          const entries = entriesIn(hosted)
          return (
            <>
              {entries.length === 0 ? (
                <Empty title="No service hosts a saga or a choreography.">
                  Those that answer only handle commands and react to events.
                </Empty>
              ) : (
                <Rows label="Definitions" columns={columns} rows={entries} keyOf={({ name }) => name} />
              )}
              <Handled by={hosted.services} />
            </>
          )
        }}
      </Answered>
    </Page>
  )
}

const columns: readonly Column<DefinitionEntry>[] = [
  {
    title: 'Name',
    cell: ({ name }) => (
      <Anchor component={Link} href={paths.definition(name)} size="sm" fw={600}>
        <Said text={name} max={100} />
      </Anchor>
    ),
  },
  { title: 'Kind', cell: ({ kind }) => kind },
  {
    title: 'Versions',
    cell: ({ kind, versions }) => (kind === 'saga' ? versions.map(({ version }) => version).join(', ') : null),
  },
  { title: 'Services', cell: ({ versions }) => [...new Set(versions.flatMap(({ services }) => services))].join(', ') },
  { title: 'In flight', cell: ({ inFlight }) => inFlight ?? 'nobody follows it', isNumber: true },
  { title: 'Completed in (p50, p95)', cell: entry => paceOf(entry, 'completed'), isNumber: true },
  { title: 'Compensated in (p50, p95)', cell: entry => paceOf(entry, 'compensated'), isNumber: true },
]

export function paceOf({ durations }: DefinitionEntry, status: SagaStatus): string | null {
  const found = durations.find(each => each.status === status)
  return found === undefined ? null : `${lasting(found.p50Ms)}, ${lasting(found.p95Ms)}`
}

type Hosting = AnswerOf<'definitions'>['services'][number]

function Handled({ by: services }: { readonly by: readonly Hosting[] }): ReactNode {
  const handling = services.filter(({ commands, events }) => commands.length + events.length > 0)
  if (handling.length === 0) return null
  return (
    <Stack gap="xs" component="section">
      <Title order={2}>Who handles what</Title>
      <Rows label="Who handles what" columns={handledColumns} rows={handling} keyOf={({ service }) => service} />
    </Stack>
  )
}

const handledColumns: readonly Column<Hosting>[] = [
  { title: 'Service', cell: ({ service }) => service },
  { title: 'Handles', cell: ({ commands }) => <Types of={commands} /> },
  { title: 'Reacts to', cell: ({ events }) => <Types of={events} /> },
]

function Types({ of: types }: { readonly of: readonly string[] }): ReactNode {
  return types.length === 0 ? null : (
    <ul className="types">
      {[...new Set(types)].sort().map(type => (
        <li key={type}>
          <Said text={type} code />
        </li>
      ))}
    </ul>
  )
}
