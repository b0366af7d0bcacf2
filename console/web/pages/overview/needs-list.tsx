import { Anchor, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Empty } from '../../parts/states.tsx'
import { When } from '../../parts/when.tsx'
import type { Need } from './needs.ts'

interface NeedsListProps {
  readonly needs: readonly Need[]
  /** Whether everybody answered: only then can it be said that nothing is wrong. */
  readonly isWhole: boolean
}

export function NeedsList({ needs, isWhole }: NeedsListProps): ReactNode {
  if (needs.length === 0) {
    return isWhole ? (
      <Empty title="Nothing needs you.">No saga is stuck, there are no dead letters, and all services are ready.</Empty>
    ) : (
      <Empty title="Nothing needs you among what is known.">The services above do not answer.</Empty>
    )
  }
  return (
    <ul className="needs">
      {needs.map(need => (
        <NeedLine key={need.key} need={need} />
      ))}
    </ul>
  )
}

function NeedLine({ need: { urgency, says, because, since, href, runbook } }: { readonly need: Need }): ReactNode {
  return (
    <li data-urgency={urgency}>
      <div>
        <Anchor component={Link} href={href} fw={600} size="sm">
          <Said text={says} />
        </Anchor>
        {because !== null && (
          <Text size="sm" c="var(--quiet)">
            <Said text={because} max={240} />
          </Text>
        )}
      </div>
      <div className="need-side">
        {since !== null && (
          <span>
            since <When at={since} />
          </span>
        )}
        {runbook !== null && (
          <Anchor component={Link} href={paths.runbook(runbook)} size="sm">
            runbook
          </Anchor>
        )}
      </div>
    </li>
  )
}
