import { Anchor, Group } from '@mantine/core'
import type { AuditView } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { type AnswerOf, useAnswer } from '../../api/answers.ts'
import { useMay } from '../../api/session.ts'
import { useFilters } from '../../parts/filters.ts'
import { MorePages } from '../../parts/more-pages.tsx'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Payload } from '../../parts/payload.tsx'
import { Said } from '../../parts/said.tsx'
import { ServiceFilter } from '../../parts/service-filter.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { type Column, Rows } from '../../parts/table/rows.tsx'
import { TextFilter } from '../../parts/text-filter.tsx'
import { exactly } from '../../parts/when.tsx'
import { linkOf } from './link-of.ts'
import { nameOf, saysOf } from './words.ts'

/** Who did what, to what, when and why. */
export default function Audit(): ReactNode {
  const may = useMay()
  return (
    <Page title="Audit">
      {may('operator') ? (
        <Entries />
      ) : (
        <Empty title="The audit is for operators.">Ask an admin for the role operator if you need it.</Empty>
      )}
    </Page>
  )
}

function Entries(): ReactNode {
  const [filters, choose] = useFilters(['service', 'by', 'action', 'target', 'after'])
  const answer = useAnswer('audit', filters)
  const field = (name: 'by' | 'action' | 'target', label: string, placeholder: string) => (
    <TextFilter
      label={label}
      placeholder={placeholder}
      value={filters[name]}
      onChange={value => choose({ [name]: value })}
    />
  )
  return (
    <>
      <Group gap="sm">
        <ServiceFilter value={filters.service} onChange={service => choose({ service })} />
        {field('by', 'By', 'Everybody')}
        {field('action', 'Action', 'redrive')}
        {field('target', 'Saga or message', 'Its id')}
      </Group>
      <Answered of={answer}>
        {found => {
          const entries = newestFirst(found)
          if (entries.length > 0)
            return (
              <>
                <Rows label="Audit" columns={columns} rows={entries} keyOf={keyOf} />
                <MorePages of={found.services} />
              </>
            )
          return Object.keys(filters).length === 0 ? (
            <Empty title="Nobody has done anything yet.">
              Whatever somebody does to sagas and messages, in the console, on the command line or over HTTP, stands
              here with its reason.
            </Empty>
          ) : (
            <Empty title="Nothing here fits.">
              <Anchor component={Link} href={paths.audit()} size="sm">
                Show all
              </Anchor>
            </Empty>
          )
        }}
      </Answered>
    </>
  )
}

type Entry = AuditView & { readonly service: string }

const columns: readonly Column<Entry>[] = [
  { title: 'When', cell: ({ at }) => <time dateTime={at}>{exactly(at)}</time> },
  { title: 'By', cell: ({ by }) => <Said text={by} max={100} /> },
  { title: 'Did', cell: entry => <Said text={saysOf(entry)} max={200} /> },
  { title: 'To', cell: entry => <Target of={entry} /> },
  { title: 'Because', cell: ({ reason }) => <Said text={reason} max={1_000} /> },
  { title: 'In', cell: ({ service }) => service },
  {
    title: 'Details',
    cell: ({ detail }) =>
      detail === null ? null : (
        <details>
          <summary>Show</summary>
          <Payload value={detail} label="Details" />
        </details>
      ),
  },
]

function Target({ of: entry }: { readonly of: Entry }): ReactNode {
  const { target } = entry
  if (target === null) return null
  const href = linkOf(entry)
  const name = nameOf(entry)
  const text = <Said text={name ?? target} max={100} code={name === null} />
  return href === undefined ? (
    text
  ) : (
    <Anchor component={Link} href={href} size="sm" title={target}>
      {text}
    </Anchor>
  )
}

function keyOf({ service, number }: Entry): string {
  return `${service} ${number}`
}

function newestFirst({ services }: AnswerOf<'audit'>): readonly Entry[] {
  return services
    .flatMap(({ service, entries }) => entries.map(entry => ({ ...entry, service })))
    .sort((one, other) => other.at.localeCompare(one.at))
}
