import { Anchor, Group, Select } from '@mantine/core'
import type { FailureGroup } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { type AnswerOf, useAnswer } from '../../api/answers.ts'
import { useFilters } from '../../parts/filters.ts'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { ServiceFilter } from '../../parts/service-filter.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { type Column, Rows } from '../../parts/table/rows.tsx'
import { When } from '../../parts/when.tsx'
import { countOf } from './count-of.ts'

/** What fails, each reason once, whatever it has hit. */
export function Groups(): ReactNode {
  const [filters, choose] = useFilters(['service', 'kind'])
  const { service, kind } = filters
  const answer = useAnswer('failures', service === undefined ? {} : { service })
  return (
    <Page title="Failures">
      <Group gap="sm">
        <ServiceFilter value={service} onChange={service => choose({ service })} />
        <Select
          label="Kind"
          placeholder="All"
          data={kinds}
          value={kind ?? null}
          onChange={kind => choose({ kind: kind ?? undefined })}
          clearable
          clearButtonProps={{ 'aria-label': 'All kinds' }}
        />
      </Group>
      <Answered of={answer}>
        {found => {
          const groups = largestFirst(found).filter(group => kind === undefined || group.kind === kind)
          if (groups.length > 0) return <Rows label="Failure groups" columns={columns} rows={groups} keyOf={keyOf} />
          return filters.service === undefined && kind === undefined ? (
            <Empty title="Nothing fails.">No saga is stuck, no message is parked, and there are no dead letters.</Empty>
          ) : (
            <Empty title="Nothing here fits.">
              <Anchor component={Link} href={paths.failures()} size="sm">
                Show all
              </Anchor>
            </Empty>
          )
        }}
      </Answered>
    </Page>
  )
}

const kinds: FailureGroup['kind'][] = ['stuck saga', 'dead letter', 'parked message']

type GroupView = FailureGroup & { readonly service: string }

const columns: readonly Column<GroupView>[] = [
  {
    title: 'What',
    cell: ({ service, fingerprint, what, step, code }) => (
      <>
        <Anchor component={Link} href={paths.failure(service, fingerprint)} size="sm" fw={600}>
          <Said text={what} max={100} />
        </Anchor>
        {step !== null && (
          <div>
            at <Said text={step} max={100} />
          </div>
        )}
        {code !== null && (
          <div>
            <Said text={code} max={100} code />
          </div>
        )}
      </>
    ),
  },
  { title: 'Kind', cell: ({ kind }) => kind },
  { title: 'Says', cell: ({ says }) => <Said text={says} /> },
  { title: 'How many', cell: countOf, isNumber: true },
  { title: 'Oldest', cell: ({ oldestAt }) => <When at={oldestAt} /> },
  { title: 'Newest', cell: ({ newestAt }) => <When at={newestAt} /> },
  { title: 'Service', cell: ({ service }) => service },
  {
    title: 'Runbook',
    cell: ({ runbook }) => (
      <Anchor component={Link} href={paths.runbook(runbook)} size="sm">
        {runbook}
      </Anchor>
    ),
  },
]

function keyOf({ service, fingerprint }: GroupView): string {
  return `${service} ${fingerprint}`
}

function largestFirst({ services }: AnswerOf<'failures'>): readonly GroupView[] {
  return services
    .flatMap(({ service, groups }) => groups.map(group => ({ ...group, service })))
    .sort((one, other) => other.count - one.count || one.oldestAt.localeCompare(other.oldestAt))
}
