import { Anchor, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { ServiceView } from 'makegood/operations/contract'
import { type Finding, findingsOnProcess } from 'makegood/operations/findings'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { type AnswerOf, useAnswer } from '../../api/answers.ts'
import { Facts } from '../../parts/facts.tsx'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { lasting, When } from '../../parts/when.tsx'
import './services.css'

/** Each process of each service: whether it can do its work, and what waits for it. */
export default function Services(): ReactNode {
  const answer = useAnswer('services')
  return (
    <Page title="Services">
      <Answered of={answer}>
        {({ services, away }) =>
          services.length === 0 ? (
            <Empty title="No service answers.">
              The console knows services by the addresses that it was started with: are those right, and do the services
              serve operations?
            </Empty>
          ) : (
            <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
              {inOrder(services.map(view => asFarAsKnown(view, away))).map(process => (
                <Service key={`${process.view.service} ${process.view.url}`} of={process} />
              ))}
            </SimpleGrid>
          )
        }
      </Answered>
    </Page>
  )
}

type Answer = AnswerOf<'services'>

interface Process {
  readonly view: Answer['services'][number]
  /** What is shown of one that does not answer is what it said last. */
  readonly isAway: boolean
  readonly findings: readonly Finding[]
}

function asFarAsKnown(view: Answer['services'][number], away: Answer['away']): Process {
  const isAway = away.some(({ url }) => url === view.url)
  return { view, isAway, findings: isAway ? [silence] : findingsOnProcess(view) }
}

const silence: Finding = {
  says: 'It does not answer. What is shown of it is what it said last.',
  todo: 'Start it, or mend the address.',
  runbook: 'service-away',
}

/** By name, those with a finding first. */
function inOrder(processes: readonly Process[]): readonly Process[] {
  const rank = ({ findings }: Process) => (findings.length > 0 ? 0 : 1)
  return processes.toSorted(
    (one, other) => rank(one) - rank(other) || one.view.service.localeCompare(other.view.service),
  )
}

function Service({ of: { view: each, isAway, findings } }: { readonly of: Process }): ReactNode {
  const { service, url, version, startedAt, figures } = each
  const isReady = each.ready && !isAway
  return (
    <section className="service" data-concerned={findings.length > 0} aria-label={service}>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap">
          <Title order={2}>{service}</Title>
          <strong className="readiness" data-ready={isReady}>
            {isAway ? 'does not answer' : isReady ? 'ready' : 'not ready'}
          </strong>
        </Group>
        {findings.length > 0 && (
          <ul className="concerns">
            {findings.map(({ says, todo, runbook }) => (
              <li key={says}>
                <Said text={says} /> {todo}{' '}
                <Anchor component={Link} href={paths.runbook(runbook)} size="sm">
                  More
                </Anchor>
              </li>
            ))}
          </ul>
        )}
        <Facts
          of={{
            Address: <Said text={url} code />,
            Database: each.database,
            Broker: each.broker.state,
            ...(figures === null ? {} : waitingFor(service, figures)),
            Clock:
              each.clockSkewMs === null
                ? null
                : `${lasting(Math.abs(each.clockSkewMs))} ${each.clockSkewMs < 0 ? 'behind' : 'ahead of'} its database`,
            Schema: each.schema === null ? null : `${each.schema.applied} of ${each.schema.known}`,
            makegood: version,
            Started: startedAt === null ? 'not yet' : <When at={startedAt} />,
          }}
        />
        {figures === null && (
          <Text size="sm" c="var(--quiet)">
            What waits for it is not known while its database is away.
          </Text>
        )}
      </Stack>
    </section>
  )
}

function waitingFor(
  service: string,
  figures: NonNullable<ServiceView['figures']>,
): { readonly [name: string]: ReactNode } {
  const { sagas, parked, deadLetters, outbox, waiting, inbox } = figures
  return {
    Sagas: (
      <>
        <Anchor component={Link} href={paths.sagas({ service, status: 'running' })} size="sm">
          {sagas.running} running
        </Anchor>
        ,{' '}
        <Anchor component={Link} href={paths.sagas({ service, status: 'compensating' })} size="sm">
          {sagas.compensating} compensating
        </Anchor>
        ,{' '}
        <Anchor component={Link} href={paths.sagas({ service, status: 'stuck' })} size="sm">
          {sagas.stuck} stuck
        </Anchor>
      </>
    ),
    Messages: (
      <>
        <Anchor component={Link} href={paths.letters({ service, state: 'parked' })} size="sm">
          {parked} parked
        </Anchor>
        ,{' '}
        <Anchor component={Link} href={paths.letters({ service })} size="sm">
          {deadLetters} dead
        </Anchor>
      </>
    ),
    'Waiting in its queue': waiting ?? 'cannot be told here',
    Outbox: outbox.messages === 0 ? 'empty' : `${outbox.messages}, the oldest for ${lasting(outbox.oldestMs)}`,
    Inbox: `${inbox.count}${inbox.more ? '+' : ''} messages kept`,
  }
}
