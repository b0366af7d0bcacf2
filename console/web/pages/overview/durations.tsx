import { Anchor, Text } from '@mantine/core'
import type { Pace } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { paths } from '../../parts/paths.ts'
import { Status } from '../../parts/status.tsx'
import { type Column, Rows } from '../../parts/table/rows.tsx'
import { lasting } from '../../parts/when.tsx'

type Duration = Pace['durations'][number]

/** How long sagas took that ended lately. */
export function Durations({ durations }: { readonly durations: readonly Duration[] }): ReactNode {
  if (durations.length === 0) {
    return (
      <Text size="sm" c="var(--quiet)">
        None has ended lately.
      </Text>
    )
  }
  const longest = Math.max(1, ...durations.map(({ p95Ms }) => p95Ms))
  return (
    <Rows
      label="How long sagas took"
      columns={columnsOf(longest)}
      rows={durations}
      keyOf={({ definition, status }) => `${definition} ${status}`}
    />
  )
}

function columnsOf(longest: number): readonly Column<Duration>[] {
  return [
    {
      title: 'Definition',
      cell: ({ definition }) => (
        <Anchor component={Link} href={paths.definition(definition)} size="sm">
          {definition}
        </Anchor>
      ),
    },
    { title: 'Ended', cell: ({ status }) => <Status of={status} /> },
    { title: 'Sagas', cell: ({ sagas }) => sagas.toLocaleString('en'), isNumber: true },
    { title: 'Half took up to', cell: ({ p50Ms }) => lasting(p50Ms), isNumber: true },
    { title: '95 of 100 up to', cell: ({ p95Ms }) => lasting(p95Ms), isNumber: true },
    {
      title: 'Beside each other',
      cell: ({ status, p50Ms, p95Ms }) => (
        <span className="duration" data-status={status} aria-hidden>
          <span className="duration-p95" style={{ width: `${(p95Ms / longest) * 100}%` }} />
          <span className="duration-p50" style={{ width: `${(p50Ms / longest) * 100}%` }} />
        </span>
      ),
    },
  ]
}
