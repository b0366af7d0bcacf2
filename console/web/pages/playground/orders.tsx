import { Button, Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { OrderView } from '../../../server/playground-contract.ts'
import type { Play } from './play.ts'

/** The documented orders, each in the world that it is documented for; and the plain one in the world as it is. */
export function Orders({
  of: orders,
  play: { play, doing },
}: {
  readonly of: readonly OrderView[]
  readonly play: Play
}): ReactNode {
  const plain = orders[0]
  const place = (order: OrderView, options: object) => void play('/orders', { order: order.name, ...options })
  return (
    <section className="played" aria-label="Orders to place">
      <Title order={2}>Orders to place</Title>
      <Stack gap="sm">
        {plain !== undefined && (
          <Group gap="xs">
            <Text size="sm">{plain.wanted}, with the world and the services as they are now:</Text>
            {[1, 10].map(times => (
              <Button
                key={times}
                size="xs"
                variant="default"
                disabled={doing !== undefined}
                onClick={() => place(plain, { times })}
              >
                {times === 1 ? 'Place one' : `Place ${times}`}
              </Button>
            ))}
          </Group>
        )}
        <Text size="sm">
          As documented: the world is turned to what each is documented for, and used up stock is filled.
        </Text>
        <ul className="documented">
          {orders.map(order => (
            <li key={order.name}>
              <Button
                size="xs"
                variant="default"
                disabled={doing !== undefined}
                onClick={() => place(order, { asDocumented: true })}
              >
                {order.title}
              </Button>
              <Text size="sm" c="var(--quiet)">
                {order.ends}
              </Text>
            </li>
          ))}
        </ul>
      </Stack>
    </section>
  )
}
