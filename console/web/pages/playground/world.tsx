import { Slider, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { SwitchView } from '../../../server/playground-contract.ts'
import type { Play } from './play.ts'

/** What stands around the services, and how often it refuses. */
export function World({
  of: switches,
  play: { play },
}: {
  readonly of: readonly SwitchView[]
  readonly play: Play
}): ReactNode {
  return (
    <section className="played" aria-label="The world outside">
      <Title order={2}>The world outside</Title>
      {switches.length === 0 ? (
        <Text size="sm">
          Nothing outside of these services refuses anything. What they refuse each other depends on the order.
        </Text>
      ) : (
        <Stack gap="xs">
          {switches.map(each => (
            <Switch key={each.name} of={each} turn={value => void play('/switches', { [each.name]: value })} />
          ))}
        </Stack>
      )}
    </section>
  )
}

function Switch({ of: each, turn }: { readonly of: SwitchView; readonly turn: (value: number) => void }): ReactNode {
  const { title, max, value } = each
  return (
    <div>
      <Text size="sm">
        {title}: {shown(each)}
      </Text>
      {/* It is turned from elsewhere too: by a documented order, by an experiment. */}
      <Slider
        key={value}
        defaultValue={value}
        max={max}
        step={max / 20}
        label={value => shown({ ...each, value })}
        thumbLabel={title}
        onChangeEnd={turn}
        size="sm"
      />
    </div>
  )
}

function shown({ unit, value }: Pick<SwitchView, 'unit' | 'value'>): string {
  switch (unit) {
    case 'share':
      return `${Math.round(value * 100)} %`
    case 'times':
      return `${Number(value.toFixed(2))} ×`
    case 'amount':
      return value.toFixed(2)
  }
}
