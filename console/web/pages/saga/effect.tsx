import { List, Stack, Text } from '@mantine/core'
import type { Effect } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { listed } from '../../parts/listed.ts'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import type { Participants } from './participants.ts'
import { whom } from './words.ts'

interface EffectProps {
  readonly of: Effect
  readonly participants: Participants
}

/** What an action does at once, and what is to follow; whether it does depends on who answers what. */
export function EffectView({
  of: { from, to, sends, publishes, undoes, leaves },
  participants,
}: EffectProps): ReactNode {
  return (
    <Stack gap={6}>
      <Text size="sm" component="div">
        The saga {from === to ? 'stays' : 'goes from'} <Status of={from} />
        {from !== to && (
          <>
            {' '}
            to <Status of={to} />
          </>
        )}
        .
      </Text>
      <List size="sm">
        {sends.map(({ command, step, direction }) => (
          <List.Item key={`${direction} ${step}`}>
            {verbs[direction]} <Said text={whom(participants.of(command))} max={80} />: <Said text={command} code />,
            for the step <Said text={step} code />
          </List.Item>
        ))}
        {publishes.map(type => (
          <List.Item key={type}>
            tells everybody: <Said text={type} code />
          </List.Item>
        ))}
        {sends.length === 0 && publishes.length === 0 && <List.Item>No message is sent.</List.Item>}
        {consequences({ undoes, leaves }).map(says => (
          <List.Item key={says}>
            <Said text={says} max={1_000} />
          </List.Item>
        ))}
      </List>
    </Stack>
  )
}

const verbs = { forward: 'asks', compensation: 'asks to undo', close: 'asks to close' } as const

/** What is to follow, and what stays as it is. */
function consequences({ undoes, leaves: { open, done } }: Pick<Effect, 'undoes' | 'leaves'>): readonly string[] {
  return [
    ...(undoes.length === 0 ? [] : [`To be undone, in this order: ${undoes.map(listed).join(', then ')}.`]),
    ...(open.length === 0
      ? []
      : [`On its way: ${listed(open)}. It was asked for and not answered, and may be done all the same.`]),
    ...(done.length === 0 ? [] : [`Done, and not undone: ${listed(done)}. Undo by hand what must not stand.`]),
  ]
}
