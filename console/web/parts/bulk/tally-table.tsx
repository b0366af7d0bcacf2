import { List, Stack, Text } from '@mantine/core'
import type { Outcome } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Said } from '../said.tsx'
import { othersMax, type Tally } from './in-pages.ts'
import './bulk.css'

/** How many came to what; and of what was not done, why. */
export function TallyTable({ tally: { counts, others } }: { readonly tally: Tally }): ReactNode {
  return (
    <Stack gap={4}>
      <List size="sm" listStyleType="none">
        {(Object.entries(counts) as [Outcome, number][]).map(([outcome, count]) => (
          <List.Item key={outcome}>
            <strong>{count}</strong> {outcome}
          </List.Item>
        ))}
      </List>
      {others.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        <section className="bulk-others" tabIndex={0} aria-label="What was not done, and why">
          {others.map(({ target, outcome, says }) => (
            <Text size="sm" key={target}>
              <Said text={target} code />: {outcome}. <Said text={says} />
            </Text>
          ))}
          {others.length === othersMax && <Text size="sm">These are the first {othersMax}.</Text>}
        </section>
      )}
    </Stack>
  )
}
