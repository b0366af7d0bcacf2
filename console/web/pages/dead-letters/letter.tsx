import { Anchor, Group, Stack, Title } from '@mantine/core'
import { type InboxView, runbookOfDeadLetters, runbookOfParked } from 'makegood/operations/contract'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { onLetters } from '../../parts/bulk/works.ts'
import { Facts } from '../../parts/facts.tsx'
import { useFilters } from '../../parts/filters.ts'
import { useLastSeen } from '../../parts/last-seen.ts'
import { LetterActions } from '../../parts/letters/letter-actions.tsx'
import type { LetterView } from '../../parts/letters/letters-table.tsx'
import { Masked } from '../../parts/masked.tsx'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Payload } from '../../parts/payload.tsx'
import { Said } from '../../parts/said.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { exactly, When } from '../../parts/when.tsx'
import { EditLetter } from './edit-letter.tsx'
import { revealedBy, useLetter } from './one-letter.ts'

/** One dead letter or parked message in full. */
export function Letter(): ReactNode {
  const [{ service = '', identity = '' }] = useFilters(['service', 'identity'])
  return <OneLetter key={`${service} ${identity}`} service={service} identity={identity} />
}

interface LetterName {
  readonly service: string
  readonly identity: string
}

function OneLetter({ service, identity }: LetterName): ReactNode {
  const answer = useLetter(service, identity)
  const [revealed, setRevealed] = useState<LetterView>()
  const current = answer.data?.letter
  const letter = current !== undefined && revealed?.state === current.state ? revealed : current
  const known = useLastSeen(letter)
  return (
    <Page
      title={letter === undefined ? 'Message' : `${isDead(letter) ? 'Dead letter' : 'Parked message'}: ${letter.type}`}
      actions={known !== undefined && <ActionsOn letter={known} isDead={letter !== undefined && isDead(letter)} />}
    >
      <Answered of={answer}>
        {() =>
          letter === undefined ? (
            <Gone service={service} identity={identity} />
          ) : (
            // Asked once and kept: the audit has a line for each time.
            <InFull letter={letter} reveal={async reason => setRevealed(await revealedBy(letter, reason))} />
          )
        }
      </Answered>
    </Page>
  )
}

function isDead({ dueAt }: LetterView): boolean {
  return dueAt === null
}

interface ActionsOnProps {
  readonly letter: LetterView
  readonly isDead: boolean
}

function ActionsOn({ letter, isDead }: ActionsOnProps): ReactNode {
  const unless = isDead ? undefined : 'It is not a dead letter any more.'
  return (
    <LetterActions what="it" total={1} unless={unless} workOf={action => onLetters([letter], action)}>
      <EditLetter letter={letter} unless={unless} />
    </LetterActions>
  )
}

function Gone({ service, identity }: LetterName): ReactNode {
  return (
    <Empty title="It is neither a dead letter nor parked.">
      <Said text={identity} code /> of <Said text={service} /> was handled in the meantime, or discarded.{' '}
      <Anchor component={Link} href={paths.audit({ target: identity })} size="sm">
        The audit
      </Anchor>{' '}
      says if it was somebody.
    </Empty>
  )
}

interface InFullProps {
  readonly letter: LetterView
  readonly reveal: (reason: string) => Promise<void>
}

function InFull({ letter, reveal }: InFullProps): ReactNode {
  const { error, answer, envelope } = letter
  return (
    <>
      <Masked value={letter} reveal={reveal} />
      <Section title={isDead(letter) ? 'Why it is dead' : 'Why it is parked'}>
        <Payload value={error ?? 'It was not said.'} label="Error" />
        <Group gap="md">
          <Anchor
            component={Link}
            href={paths.runbook(isDead(letter) ? runbookOfDeadLetters : runbookOfParked)}
            size="sm"
          >
            What to do about it
          </Anchor>
          {letter.fingerprint !== null && (
            <Anchor component={Link} href={paths.failure(letter.service, letter.fingerprint)} size="sm">
              All that failed for the same reason
            </Anchor>
          )}
        </Group>
      </Section>
      <FactsOf letter={letter} />
      {envelope !== null && <EnvelopeOf envelope={envelope} />}
      {answer !== null && (
        <Section
          title={answer.failure === null ? 'What it was answered with' : `Answered with the failure ${answer.failure}`}
        >
          <Payload value={answer.payload} label="Answer" />
        </Section>
      )}
    </>
  )
}

function FactsOf({ letter }: { readonly letter: LetterView }): ReactNode {
  const { sagaId, causationId, dueAt } = letter
  return (
    <Facts
      of={{
        Service: letter.service,
        Type: <Said text={letter.type} code />,
        Kind: letter.kind,
        State: letter.state,
        Received: <Moment at={letter.receivedAt} />,
        Attempt: letter.attempt,
        Tries: letter.tries,
        'Next try': dueAt === null ? null : <Moment at={dueAt} />,
        Saga:
          sagaId === null ? null : (
            <Anchor component={Link} href={paths.saga(sagaId)} size="sm">
              <Said text={sagaId} code />
            </Anchor>
          ),
        Identity: <Said text={letter.identity} max={1_000} code />,
        'Message id': <Said text={letter.messageId} max={1_000} code />,
        Correlation: <Said text={letter.correlationId} max={1_000} code />,
        'Caused by': causationId === null ? null : <Said text={causationId} max={1_000} code />,
      }}
    />
  )
}

function Moment({ at }: { readonly at: string }): ReactNode {
  return (
    <>
      {exactly(at)} (<When at={at} />)
    </>
  )
}

function EnvelopeOf({
  envelope: { address, headers, body },
}: {
  readonly envelope: NonNullable<InboxView['envelope']>
}): ReactNode {
  return (
    <>
      <Section title="How it came">
        <Facts of={{ Address: <Said text={address} code />, ...mapped(headers) }} />
      </Section>
      <Section title="Body">
        <Payload value={pretty(body)} label="Body" />
      </Section>
    </>
  )
}

/** Each value as text; a header called as something of ours is called so. */
function mapped(headers: { readonly [name: string]: string }): { readonly [name: string]: ReactNode } {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, <Said key={name} text={value} max={2_000} code />]),
  )
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <Stack gap="xs" component="section">
      <Title order={2}>{title}</Title>
      {children}
    </Stack>
  )
}

/** With line breaks, if that changes nothing else. */
function pretty(body: string): string {
  try {
    const value: unknown = JSON.parse(body)
    return JSON.stringify(value) === body ? JSON.stringify(value, null, 2) : body
  } catch {
    return body
  }
}
