import { Button, Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { PlayedService } from '../../../server/playground-contract.ts'
import type { Play } from './play.ts'

/** Each can be stopped, and started on its data again: what is sent to it meanwhile waits. */
export function Services({
  of: services,
  play: { play, doing },
}: {
  readonly of: readonly PlayedService[]
  readonly play: Play
}): ReactNode {
  return (
    <section className="played" aria-label="Services">
      <Title order={2}>Services</Title>
      <ul className="played-services">
        {services.map(({ name, state, waiting }) => (
          <li key={name} data-state={state}>
            <Group gap="xs" justify="space-between" wrap="nowrap">
              <Text size="sm">
                <code>{name}</code> is {state}
                {state !== 'on' && waiting > 0 && `, ${waiting === 1 ? '1 message waits' : `${waiting} messages wait`}`}
              </Text>
              {state === 'off' || state === 'starting' ? (
                <Button
                  size="xs"
                  aria-label={`Start ${name}`}
                  loading={state === 'starting'}
                  disabled={doing !== undefined}
                  onClick={() => void play(`/services/${name}/start`)}
                >
                  Start
                </Button>
              ) : (
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`Stop ${name}`}
                  loading={state === 'stopping'}
                  disabled={doing !== undefined}
                  onClick={() => void play(`/services/${name}/stop`)}
                >
                  Stop
                </Button>
              )}
            </Group>
          </li>
        ))}
      </ul>
    </section>
  )
}
