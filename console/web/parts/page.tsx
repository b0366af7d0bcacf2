import { Group, Stack, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

interface PageProps {
  readonly title: string
  /** What the browser's tab says, if it is not the title. */
  readonly tab?: string
  /** What can be done here, beside the title. */
  readonly actions?: ReactNode
  readonly children?: ReactNode
}

/** The frame of every page: its heading, and the title of the tab. */
export function Page({ title, tab = title, actions, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${tab} · Console`
  }, [tab])
  return (
    <Stack gap="md">
      <Group justify="space-between" align="center" gap="sm">
        <Title order={1} className="page-title">
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </Stack>
  )
}
