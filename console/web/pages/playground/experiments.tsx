import { Button, Group, Stack, Tabs, Text, Title } from '@mantine/core'
import { useSessionStorage } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useLocation, useParams } from 'wouter'
import type { ExperimentStepView, ExperimentView, PlacedOrder } from '../../../server/playground-contract.ts'
import { areAtRest, type Play, tallyOf } from './play.ts'

interface ExperimentsProps {
  readonly of: readonly ExperimentView[]
  readonly startedAt: string
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

interface Progress {
  readonly done: number
  /** How many orders there were before it. */
  readonly before: number
}

const atFirst: Progress = { done: 0, before: 0 }

function Experiment({
  of: { name, says, steps },
  startedAt,
  placed,
  play: { play, doing },
}: Omit<ExperimentsProps, 'of'> & { readonly of: ExperimentView }): ReactNode {
  // Whoever looks at a saga in between goes on where they were.
  const key = `playground.${startedAt}.${name}`
  const [{ done, before }, setProgress] = useSessionStorage({ key, defaultValue: atFirst })
  const own = placed.filter(({ number }) => number > before)
  const isMoving = done > 0 && !areAtRest(own)
  const take = async (step: number) => {
    const from = step === 0 ? (placed[0]?.number ?? 0) : before
    setProgress({ done: step, before: from })
    if (await play('/steps', { experiment: name, step })) setProgress({ done: step + 1, before: from })
  }
  return (
    <Stack gap="sm">
      <Text>{says}</Text>
      <ol className="steps">
        {steps.map((step, at) => (
          <Step
            key={step.title}
            of={step}
            state={at < done ? 'done' : at > done ? 'ahead' : isMoving ? 'wait' : 'next'}
            isBusy={doing !== undefined}
            take={() => void take(at)}
          />
        ))}
      </ol>
      <Group gap="sm">
        <Text role="status" size="sm">
          {done > 0 && own.length > 0 && (isMoving ? `On their way… ${tallyOf(own)}` : tallyOf(own))}
        </Text>
        {done === steps.length && !isMoving && (
          <Button size="xs" variant="default" onClick={() => setProgress(atFirst)}>
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
