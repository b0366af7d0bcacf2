import { Button, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import { useSearchParams } from 'wouter'

interface MorePagesProps {
  readonly of: readonly { readonly service: string; readonly next: string | null }[]
}

/** Each service has pages of its own: the next one is shown alone, at an address of its own. */
export function MorePages({ of: services }: MorePagesProps): ReactNode {
  const [, setSearch] = useSearchParams()
  const goTo = (service: string, after: string) =>
    setSearch(before => {
      const next = new URLSearchParams(before)
      next.set('service', service)
      next.set('after', after)
      return next
    })
  return (
    <Group gap="xs">
      {services.map(({ service, next }) =>
        next === null ? null : (
          <Button key={service} variant="default" size="xs" onClick={() => goTo(service, next)}>
            More of {service}
          </Button>
        ),
      )}
    </Group>
  )
}
