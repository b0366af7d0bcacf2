import { Anchor } from '@mantine/core'
import Markdown from 'markdown-to-jsx/react'
import type { ReactNode } from 'react'
import { Link, useRoute } from 'wouter'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Empty } from '../../parts/states.tsx'
import './runbook.css'
import { contents, runbookOf, runbooks } from './runbooks.ts'

/** What to do when something is wrong: a page for each thing, and one that leads to all of them. */
export default function Runbooks(): ReactNode {
  const [, params] = useRoute('/runbooks/:name')
  const name = params?.name ?? contents
  const runbook = runbooks.find(each => each.name === name)
  if (runbook === undefined) return <NoSuchRunbook name={name} />
  return (
    <Page title={runbook.title}>
      <article className="runbook">
        <Markdown options={options}>{runbook.text}</Markdown>
      </article>
      {name !== contents && (
        <Anchor component={Link} href={paths.runbooks} size="sm">
          All runbooks
        </Anchor>
      )}
    </Page>
  )
}

function NoSuchRunbook({ name }: { readonly name: string }): ReactNode {
  return (
    <Page title="Runbook">
      <Empty title="There is no such runbook.">
        None is called <Said text={name} code />.{' '}
        <Anchor component={Link} href={paths.runbooks} size="sm">
          All runbooks
        </Anchor>
      </Empty>
    </Page>
  )
}

const options = { disableParsingRawHTML: true, forceBlock: true, overrides: { a: { component: RunbookLink } } }

interface RunbookLinkProps {
  readonly href?: string
  readonly children?: ReactNode
}

/** To another runbook inside the console; of other documents only the name is told, for they are not here. */
function RunbookLink({ href = '', children }: RunbookLinkProps): ReactNode {
  const runbook = runbookOf(href)
  if (runbook === undefined) return <span title={href}>{children}</span>
  return (
    <Anchor component={Link} href={paths.runbook(runbook)}>
      {children}
    </Anchor>
  )
}
