import { Alert, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Problem } from '../../api/problem.ts'
import { Page } from '../../parts/page.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { Books } from './books.tsx'
import { Experiments } from './experiments.tsx'
import { Orders } from './orders.tsx'
import { Placed } from './placed.tsx'
import './playground.css'
import { usePlay, usePlayground } from './play.ts'
import { Services } from './services.tsx'
import { World } from './world.tsx'

/** Where a newcomer sees what sagas do: orders are placed, the world refuses, services come and go. */
export default function Playground(): ReactNode {
  const view = usePlayground()
  const play = usePlay()
  if (view.error instanceof Problem && view.error.status === 404) return <NoPlayground />
  return (
    <Page title="Playground">
      <Text size="sm" maw="46rem">
        Real orders of the system that runs in this process. Place them, let the world refuse, stop services and start
        them again: each order is completed, or what was done for it is made good.
      </Text>
      {play.error !== undefined && (
        <Alert color="red" title="That did not work" role="alert">
          {play.error.message}
        </Alert>
      )}
      <Answered of={view}>
        {({ experiments, orders, switches, services, placed, books }) => (
          <>
            <div className="playground">
              <Stack gap="md" miw={0}>
                <Experiments of={experiments} placed={placed} play={play} />
                <Placed of={placed} />
              </Stack>
              <Stack gap="md" miw={0}>
                <Services of={services} play={play} />
                <Books of={books} isEmpty={placed.length === 0} />
                <World of={switches} play={play} />
              </Stack>
            </div>
            <Orders of={orders} play={play} />
          </>
        )}
      </Answered>
    </Page>
  )
}

function NoPlayground(): ReactNode {
  return (
    <Page title="Playground">
      <Empty title="There is nothing to play with here.">
        <code>npm start</code> runs a whole system in one process, with a playground in its console.
      </Empty>
    </Page>
  )
}
