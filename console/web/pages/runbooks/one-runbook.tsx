import { Anchor, Table } from '@mantine/core'
import Markdown from 'markdown-to-jsx/react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Empty } from '../../parts/states.tsx'
import './runbook.css'
import { runbookOf, runbooks } from './runbooks.ts'

export function OneRunbook({ name }: { readonly name: string }): ReactNode {
  const runbook = runbooks.find(each => each.name === name)
  if (runbook === undefined) {
    return (
      <Page title="Runbook">
        <Empty title="There is no such runbook.">
          None is called <Said text={name} code />.{' '}
          <Anchor component={Link} href="/runbooks" size="sm">
            All runbooks
          </Anchor>
        </Empty>
      </Page>
    )
  }
  return (
    <Page title={runbook.title}>
      <article className="runbook">
        <Markdown options={options}>{runbook.text}</Markdown>
      </article>
    </Page>
  )
}

const options = {
  disableParsingRawHTML: true,
  forceBlock: true,
  overrides: { a: { component: RunbookLink }, table: { component: Table } },
}

/** To another runbook inside the console; to other documents only by their name, for they are not here. */
function RunbookLink({ href = '', children }: { readonly href?: string; readonly children?: ReactNode }): ReactNode {
  const runbook = runbookOf(href)
  if (runbook !== undefined) {
    return (
      <Anchor component={Link} href={paths.runbook(runbook)}>
        {children}
      </Anchor>
    )
  }
  if (/^https:\/\//.test(href)) {
    return (
      <Anchor href={href} rel="noreferrer" target="_blank">
        {children}
      </Anchor>
    )
  }
  return <span title={href}>{children}</span>
}
