import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'

export function NowhereElse(): ReactNode {
  return (
    <Page title="There is no such page">
      <Empty title="The address leads nowhere.">
        Sagas are found by their id or business key on{' '}
        <Anchor component={Link} href="/sagas">
          Sagas
        </Anchor>
        .
      </Empty>
    </Page>
  )
}
