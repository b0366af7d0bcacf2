import { Button, Group, Stack, Tabs, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useLocation, useParams } from 'wouter'
import type { ExperimentStepView, ExperimentView, PlacedOrder } from '../../../server/playground-contract.ts'
import { areAtRest, type Play, tallyOf } from './play.ts'

interface ExperimentsProps {
  readonly of: readonly ExperimentView[]
  readonly placed: readonly PlacedOrder[]
  readonly play: Play
}

/** Each leads through a few steps, and says at each what is to be seen. */
export function Experiments({ of: experiments, ...props }: ExperimentsProps): ReactNode {
  const { '*': chosen } = useParams<{ readonly '*'?: string }>()
  const [, go] = useLocation()
  const shown = experiments.find(({ name }) => name === chosen) ?? experiments[0]
  return (
    <section className="played" aria-label="Experiments">
      <Title order={2}>Three experiments</Title>
      <Tabs value={shown?.name ?? null} onChange={name => go(`/playground/${name}`)}>
        <Tabs.List>
          {experiments.map(({ name, title }) => (
            <Tabs.Tab key={name} value={name}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {experiments.map(experiment => (
          <Tabs.Panel key={experiment.name} value={experiment.name} pt="sm">
            <Experiment of={experiment} {...props} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </section>
  )
}

function Experiment({
  of: { name, says, steps, taken, isTaking, before },
  placed,
  play: { play, doing },
}: Omit<ExperimentsProps, 'of'> & { readonly of: ExperimentView }): ReactNode {
  const own = placed.filter(({ number }) => number > before)
  const isMoving = taken > 0 && !areAtRest(own)
  return (
    <Stack gap="sm">
      <Text>{says}</Text>
      <ol className="steps">
        {steps.map((step, at) => (
          <Step
            key={step.title}
            of={step}
            state={at < taken ? 'done' : at > taken ? 'ahead' : isMoving ? 'wait' : 'next'}
            isBusy={isTaking || doing !== undefined}
            take={() => void play('/steps', { experiment: name, step: at })}
          />
        ))}
      </ol>
      <Group gap="sm">
        <Text role="status" size="sm">
          {taken > 0 && own.length > 0 && (isMoving ? `On their way… ${tallyOf(own)}` : tallyOf(own))}
        </Text>
        {taken === steps.length && !isMoving && (
          <Button size="xs" variant="default" onClick={() => void play(`/experiments/${name}/start-over`)}>
            From the beginning
          </Button>
        )}
      </Group>
    </Stack>
  )
}

interface StepProps {
  readonly of: ExperimentStepView
  /** `wait`: it is the next, once the orders have come to rest. */
  readonly state: 'done' | 'next' | 'wait' | 'ahead'
  readonly isBusy: boolean
  readonly take: () => void
}

function Step({ of: { title, says }, state, isBusy, take }: StepProps): ReactNode {
  return (
    <li data-state={state} aria-current={state === 'next' ? 'step' : undefined}>
      <Group gap="sm" align="center">
        <Text fw={state === 'ahead' ? 400 : 600}>{title}</Text>
        {(state === 'next' || state === 'wait') && (
          <Button size="xs" onClick={take} loading={isBusy} disabled={state === 'wait'} aria-label={`Do it: ${title}`}>
            Do it
          </Button>
        )}
      </Group>
      {state === 'done' && <Text size="sm">{says}</Text>}
    </li>
  )
}
