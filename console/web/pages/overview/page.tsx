import { Stack, Title } from '@mantine/core'
import { type ReactNode, useMemo } from 'react'
import { useAnswer } from '../../api/answers.ts'
import { Page } from '../../parts/page.tsx'
import { Answered } from '../../parts/states.tsx'
import { useNow } from '../../parts/when.tsx'
import { Durations } from './durations.tsx'
import { Figures } from './figures.tsx'
import { needsOf } from './needs.ts'
import { NeedsList } from './needs-list.tsx'
import './overview.css'
import { seriesOf } from './series.ts'
import { ThroughputChart } from './throughput-chart.tsx'

/** What needs whoever looks, and how it goes. */
export default function Overview(): ReactNode {
  const services = useAnswer('services')
  const failures = useAnswer('failures')
  const turningBack = useAnswer('sagas', { status: 'compensating', order: 'oldest', limit: 1 })
  const pace = useAnswer('pace', {}, { everyMs: 15_000 })
  const now = useNow()
  return (
    <Page title="Overview">
      <Answered of={services}>
        {known => (
          <>
            <Section title="What needs you">
              <NeedsList
                needs={needsOf({ services: known, failures: failures.data, turningBack: turningBack.data, now })}
                isWhole={known.away.length === 0 && failures.data !== undefined}
              />
            </Section>
            <Section title="Now">
              <Figures services={known.services} />
            </Section>
          </>
        )}
      </Answered>
      <Section title="Sagas that ended">
        <Answered of={pace} saysWhoIsAway={false}>
          {({ services }) => <HowItGoes services={services} now={now} />}
        </Answered>
      </Section>
    </Page>
  )
}

interface HowItGoesProps {
  readonly services: Parameters<typeof seriesOf>[0]
  readonly now: number
}

function HowItGoes({ services, now }: HowItGoesProps): ReactNode {
  const series = useMemo(() => seriesOf(services, now), [services, now])
  return (
    <Stack gap="md">
      {series !== null && <ThroughputChart series={series} />}
      <Durations durations={services.flatMap(({ durations }) => durations)} />
    </Stack>
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
