import { Anchor, List } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Empty } from '../../parts/states.tsx'
import { runbooks } from './runbooks.ts'

/** What to do when something is wrong, a page for each thing. */
export function AllRunbooks(): ReactNode {
  return (
    <Page title="Runbooks">
      {runbooks.length === 0 ? (
        <Empty title="There are no runbooks.">The console was built without docs/runbooks.</Empty>
      ) : (
        <List spacing="xs" listStyleType="none">
          {runbooks.map(({ name, title }) => (
            <List.Item key={name}>
              <Anchor component={Link} href={paths.runbook(name)}>
                {title}
              </Anchor>
            </List.Item>
          ))}
        </List>
      )}
    </Page>
  )
}
