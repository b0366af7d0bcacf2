import { Group, UnstyledButton } from '@mantine/core'
import type { BoundedCount, SagaStatus } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { type AnswerOf, useAnswer } from '../../api/answers.ts'
import { Status } from '../../parts/status.tsx'
import type { Filters } from './saga-query.ts'

interface StatusChoiceProps {
  readonly filters: Filters
  readonly choose: (choice: { readonly status: string | undefined }) => void
}

const statuses: readonly SagaStatus[] = ['stuck', 'compensating', 'running', 'completed', 'compensated', 'abandoned']

/** Each status with how many there are of it. */
export function StatusChoice({ filters, choose }: StatusChoiceProps): ReactNode {
  const { service, definition, status: chosen } = filters
  const { data } = useAnswer('sagaCounts', service === undefined ? {} : { service })
  return (
    <Group gap="xs" role="group" aria-label="Status">
      <UnstyledButton
        className="choice"
        aria-pressed={chosen === undefined}
        onClick={() => choose({ status: undefined })}
      >
        any
      </UnstyledButton>
      {statuses.map(status => (
        <UnstyledButton
          key={status}
          className="choice"
          aria-pressed={chosen === status}
          onClick={() => choose({ status: chosen === status ? undefined : status })}
        >
          <Status of={status} /> {data !== undefined && <strong>{countIn(data, status, definition)}</strong>}
        </UnstyledButton>
      ))}
    </Group>
  )
}

function countIn({ services }: AnswerOf<'sagaCounts'>, status: SagaStatus, definition: string | undefined): string {
  const counts: readonly BoundedCount[] = services
    .flatMap(({ counts }) => counts)
    .filter(each => each.status === status && (definition === undefined || each.definition === definition))
  const sum = counts.reduce((sum, { count }) => sum + count, 0)
  return `${sum.toLocaleString('en')}${counts.some(({ more }) => more) ? '+' : ''}`
}
