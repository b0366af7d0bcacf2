import { List, Stack, Text } from '@mantine/core'
import type { Effect } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import type { Participants } from './participants.ts'
import { whom } from './words.ts'

interface EffectProps {
  readonly of: Effect
  readonly participants: Participants
}

/** What an action does at once; what follows depends on who answers what. */
export function EffectView({ of: { from, to, sends, publishes }, participants }: EffectProps): ReactNode {
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
      </List>
    </Stack>
  )
}

const verbs = { forward: 'asks', compensation: 'asks to undo', close: 'asks to close' } as const
