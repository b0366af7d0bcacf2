import { Anchor, Stack, Title } from '@mantine/core'
import { type FailureGroup, sagasLikeThoseOf } from 'makegood/operations/contract'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { useAnswer } from '../../api/answers.ts'
import { AllowedButton } from '../../parts/allowed-button.tsx'
import { BulkDialog } from '../../parts/bulk/bulk-dialog.tsx'
import { onLettersOf, onStuckSagas } from '../../parts/bulk/works.ts'
import { Facts } from '../../parts/facts.tsx'
import { useLastSeen } from '../../parts/last-seen.ts'
import { LetterActions } from '../../parts/letters/letter-actions.tsx'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Payload } from '../../parts/payload.tsx'
import { Said } from '../../parts/said.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { exactly, When } from '../../parts/when.tsx'
import { countOf } from './count-of.ts'
import { GroupLetters, GroupSagas } from './members.tsx'

interface OneGroupProps {
  readonly service: string
  readonly fingerprint: string
}

/** Everything that failed for one reason, and what can be done to all of it. */
export function OneGroup({ service, fingerprint }: OneGroupProps): ReactNode {
  const answer = useAnswer('failures', { service })
  const group = answer.data?.services
    .find(each => each.service === service)
    ?.groups.find(each => each.fingerprint === fingerprint)
  const known = useLastSeen(group)
  return (
    <Page
      title={group === undefined ? 'Failure group' : `${group.what}: ${nameOf(group)}`}
      actions={known !== undefined && <ActionsOn service={service} group={known} isOver={group === undefined} />}
    >
      <Answered of={answer}>
        {() => (group === undefined ? <Over service={service} /> : <InFull service={service} group={group} />)}
      </Answered>
    </Page>
  )
}

function nameOf({ kind, count, more }: FailureGroup): string {
  return `${countOf({ count, more })} ${kind}${count === 1 && !more ? '' : 's'}`
}

function Over({ service }: { readonly service: string }): ReactNode {
  return (
    <Empty title="Nothing fails for this reason any more.">
      It was put right, or has gone on by itself.{' '}
      <Anchor component={Link} href={paths.failures({ service })} size="sm">
        What else fails in <Said text={service} />
      </Anchor>
    </Empty>
  )
}

interface GroupProps {
  readonly service: string
  readonly group: FailureGroup
}

function InFull({ service, group }: GroupProps): ReactNode {
  const { kind, says, code, step, oldestAt, newestAt, runbook } = group
  return (
    <>
      <Payload value={says} label="What one of them says" />
      <Facts
        of={{
          Service: service,
          Code: code === null ? null : <Said text={code} code />,
          Step: step === null ? null : <Said text={step} code />,
          Oldest: <Moment at={oldestAt} />,
          Newest: <Moment at={newestAt} />,
          'What to do': (
            <Anchor component={Link} href={paths.runbook(runbook)} size="sm">
              Runbook: {runbook}
            </Anchor>
          ),
          'All of them': (
            <Anchor component={Link} href={allOf(service, group)} size="sm">
              {kind === 'stuck saga' ? 'In the list of sagas' : 'In the list of messages'}
            </Anchor>
          ),
        }}
      />
      <Stack gap="xs" component="section">
        <Title order={2}>The oldest of them</Title>
        {kind === 'stuck saga' ? (
          <GroupSagas service={service} group={group} />
        ) : (
          <GroupLetters service={service} group={group} />
        )}
      </Stack>
    </>
  )
}

function Moment({ at }: { readonly at: string }): ReactNode {
  return (
    <>
      {exactly(at)} (<When at={at} />)
    </>
  )
}

function allOf(service: string, group: FailureGroup): string {
  const { kind, fingerprint } = group
  if (kind === 'stuck saga') return paths.sagas({ service, ...sagasLikeThoseOf(group) })
  return paths.letters({ service, fingerprint, ...(kind === 'parked message' ? { state: 'parked' } : {}) })
}

interface ActionsOnProps extends GroupProps {
  readonly isOver: boolean
}

function ActionsOn({ service, group, isOver }: ActionsOnProps): ReactNode {
  const { kind, count, more } = group
  const total = more ? undefined : count
  const unless = isOver ? 'Nothing is left of it.' : undefined
  switch (kind) {
    case 'dead letter':
      return (
        <LetterActions
          what="all of them"
          total={total}
          unless={unless}
          workOf={action => onLettersOf(service, group, action)}
        />
      )
    case 'stuck saga':
      return <RetryAll service={service} group={group} total={total} unless={unless} />
    case 'parked message':
      return null
  }
}

interface RetryAllProps extends GroupProps {
  readonly total: number | undefined
  readonly unless: string | undefined
}

function RetryAll({ service, group, total, unless }: RetryAllProps): ReactNode {
  const [isAsked, setAsked] = useState(false)
  return (
    <>
      <AllowedButton action="retry" unless={unless} onClick={() => setAsked(true)} size="xs">
        Retry all of them
      </AllowedButton>
      {isAsked && (
        <BulkDialog
          title={`Retry all that are stuck at ${group.what} for this reason`}
          verb="Retry"
          total={total}
          canBePaced
          workAt={perSecond => onStuckSagas(service, group, perSecond)}
          onClose={() => setAsked(false)}
        >
          What is open in each of them is sent again, as a new attempt. Was what they are stuck on put right? One that
          has changed in the meantime is left as it is.
        </BulkDialog>
      )}
    </>
  )
}
