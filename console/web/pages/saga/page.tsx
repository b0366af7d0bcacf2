import { Anchor, CopyButton, Group, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import type { ChoreographyView, SagaDefinitionView, SagaInFull } from 'makegood/operations/contract'
import { type ReactNode, useMemo, useState } from 'react'
import { Link, useParams } from 'wouter'
import { type AnswerOf, sagaPath, useAnswer, useSaga } from '../../api/answers.ts'
import { useWatch } from '../../api/live.tsx'
import { get } from '../../api/request.ts'
import { Facts } from '../../parts/facts.tsx'
import { DefinitionGraph } from '../../parts/graph/definition-graph.tsx'
import { marksOfState } from '../../parts/graph/marks.ts'
import { Masked } from '../../parts/masked.tsx'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Answered } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { exactly, lasting, useNow, When } from '../../parts/when.tsx'
import { Actions } from './actions.tsx'
import { Data } from './data.tsx'
import { Participants } from './participants.ts'
import './saga.css'
import { StepBars } from './step-bars.tsx'
import { type Seen, storyOf } from './story.ts'
import { StoryBox } from './story-box.tsx'
import { Timeline } from './timeline.tsx'

/** One saga: why it is where it is, what to do about it, and everything that is known of it. */
export default function SagaPage(): ReactNode {
  const id = decoded(useParams<{ '*': string }>()['*'])
  const answer = useSaga(id)
  useWatch(id)
  return (
    <Page title={answer.data === undefined ? 'Saga' : titleOf(answer.data)} tab={tabOf(answer.data)}>
      <Answered of={answer}>{saga => <InFull key={saga.id} saga={saga} />}</Answered>
    </Page>
  )
}

/** Of an instance of a choreography the id holds a slash; in an address it may be written either way. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

function titleOf({ definition, key }: SagaInFull): string {
  return `${definition} ${key}`
}

function tabOf(saga: SagaInFull | undefined): string {
  return saga === undefined ? 'Saga' : `${saga.status}: ${saga.definition} ${saga.key}`
}

function InFull({ saga: asEverybodySees }: { readonly saga: SagaInFull }): ReactNode {
  // Asked once and kept: the audit has a line for each time.
  const [revealed, setRevealed] = useState<SagaInFull>()
  const saga = revealed?.revision === asEverybodySees.revision ? revealed : asEverybodySees
  const seen = useSeen(saga)
  const { definition } = seen
  const marks = useMemo(() => marksOfState(saga.state), [saga.state])
  return (
    <Stack gap="lg">
      <StoryBox story={storyOf(seen)} trouble={saga.trouble} />
      <Actions seen={{ ...seen, saga: asEverybodySees }} />
      <FactsOf saga={saga} />
      <Section id="way" title="Its way">
        {definition === undefined ? (
          <Text size="sm">
            No service that answers hosts this version of its definition any more: it cannot be drawn.
          </Text>
        ) : (
          <DefinitionGraph definition={definition} marks={marks} />
        )}
        <StepBars saga={saga} />
      </Section>
      <Section id="timeline" title="Timeline">
        <Timeline seen={seen} />
      </Section>
      <Section id="data" title="Data">
        <Masked
          value={saga}
          reveal={async reason => setRevealed(await get(sagaPath(saga.id), { reveal: true, reason }))}
        />
        <Data saga={saga} />
      </Section>
    </Stack>
  )
}

/** The saga, with what is known of those that take part in it. */
function useSeen(saga: SagaInFull): Seen {
  const definitions = useAnswer('definitions', {}, { everyMs: 60_000 }).data
  const services = useAnswer('services').data
  const now = useNow()
  return useMemo(
    () => ({
      saga,
      definition: definitionOf(saga, definitions),
      participants: new Participants(definitions, services),
      now,
    }),
    [saga, definitions, services, now],
  )
}

function definitionOf(
  { service, definition, version }: SagaInFull,
  hosted: AnswerOf<'definitions'> | undefined,
): SagaDefinitionView | ChoreographyView | undefined {
  const here = hosted?.services.find(each => each.service === service)
  return (
    here?.sagas.find(each => each.name === definition && each.version === version) ??
    here?.tracked.find(({ name }) => name === definition)
  )
}

function FactsOf({ saga }: { readonly saga: SagaInFull }): ReactNode {
  const { id, definition, version, service, status, key, startedAt, endedAt, wakeAt } = saga
  return (
    <Facts
      of={{
        Status: <Status of={status} />,
        Definition: (
          <Anchor component={Link} href={paths.definition(definition, version)} size="sm">
            {definition} version {version}
          </Anchor>
        ),
        Service: service,
        Started: (
          <>
            {exactly(startedAt)} (<When at={startedAt} />)
          </>
        ),
        Ended:
          endedAt === null ? null : (
            <>
              {exactly(endedAt)}, after {lasting(Date.parse(endedAt) - Date.parse(startedAt))}
            </>
          ),
        'Looked after again': endedAt === null && wakeAt !== null ? <When at={wakeAt} /> : null,
        Audit: (
          <Anchor component={Link} href={paths.audit({ target: id })} size="sm">
            what people did with it
          </Anchor>
        ),
        'Business key': <Copied text={key} what="business key" />,
        Id: <Copied text={id} what="id" />,
      }}
    />
  )
}

function Copied({ text, what }: { readonly text: string; readonly what: string }): ReactNode {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Group gap="xs" component="span" wrap="nowrap" display="inline-flex">
          <Said text={text} max={200} code />
          <UnstyledButton onClick={copy} className="copy" aria-label={`Copy the ${what}`}>
            {copied ? 'copied' : 'copy'}
          </UnstyledButton>
        </Group>
      )}
    </CopyButton>
  )
}

interface SectionProps {
  readonly id: string
  readonly title: string
  readonly children: ReactNode
}

function Section({ id, title, children }: SectionProps): ReactNode {
  return (
    <Stack gap="sm" component="section" id={id}>
      <Title order={2}>
        <a href={`#${id}`} className="section-link">
          {title}
        </a>
      </Title>
      {children}
    </Stack>
  )
}
