import { Anchor } from '@mantine/core'
import { type FailureGroup, isInGroup, type SagaView, sagasLikeThoseOf } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useAnswer } from '../../api/answers.ts'
import { LettersTable } from '../../parts/letters/letters-table.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { type Column, Rows } from '../../parts/table/rows.tsx'
import { When } from '../../parts/when.tsx'

interface MembersProps {
  readonly service: string
  readonly group: FailureGroup
}

const shownMax = 20

/** Dead letters or parked messages of a group. */
export function GroupLetters({ service, group: { kind, fingerprint } }: MembersProps): ReactNode {
  const answer = useAnswer(kind === 'dead letter' ? 'deadLetters' : 'parked', { service, fingerprint, limit: shownMax })
  return (
    <Answered of={answer}>
      {({ services }) => {
        const letters = services.flatMap(each => each.messages.map(message => ({ ...message, service: each.service })))
        return letters.length === 0 ? <NoneLeft /> : <LettersTable letters={letters} />
      }}
    </Answered>
  )
}

/** Stuck sagas of a group. */
export function GroupSagas({ service, group }: MembersProps): ReactNode {
  const answer = useAnswer('sagas', { service, ...sagasLikeThoseOf(group), order: 'oldest', limit: shownMax })
  return (
    <Answered of={answer}>
      {({ services }) => {
        const sagas = services.flatMap(each => each.sagas).filter(saga => isInGroup(group, saga))
        return sagas.length === 0 ? (
          <NoneLeft />
        ) : (
          <Rows label="Stuck sagas" columns={columns} rows={sagas} keyOf={({ id }) => id} />
        )
      }}
    </Answered>
  )
}

const columns: readonly Column<SagaView>[] = [
  {
    title: 'Saga',
    cell: ({ id, key }) => (
      <Anchor component={Link} href={paths.saga(id)} size="sm">
        <Said text={key} max={100} />
      </Anchor>
    ),
  },
  { title: 'Says', cell: ({ trouble }) => <Said text={trouble?.says ?? ''} /> },
  { title: 'Started', cell: ({ startedAt }) => <When at={startedAt} /> },
  { title: 'Changed', cell: ({ changedAt }) => <When at={changedAt} /> },
]

function NoneLeft(): ReactNode {
  return <Empty title="None of them is left.">They were put right just now.</Empty>
}
