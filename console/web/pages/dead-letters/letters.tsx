import { Alert, Anchor, Group, SegmentedControl, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { type AnswerOf, useAnswer } from '../../api/answers.ts'
import { onLetters } from '../../parts/bulk/works.ts'
import { useFilters } from '../../parts/filters.ts'
import { LetterActions } from '../../parts/letters/letter-actions.tsx'
import { keyOf, LettersTable, type LetterView } from '../../parts/letters/letters-table.tsx'
import { MorePages } from '../../parts/more-pages.tsx'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { ServiceFilter } from '../../parts/service-filter.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { TextFilter } from '../../parts/text-filter.tsx'

/** What is not handled any more by itself, and what is still being tried. */
export function Letters(): ReactNode {
  const [filters, choose] = useFilters(['state', 'service', 'type', 'fingerprint', 'after'])
  const { state = 'dead', ...query } = filters
  const areDead = state !== 'parked'
  const answer = useAnswer(areDead ? 'deadLetters' : 'parked', query)
  return (
    <Page title={areDead ? 'Dead letters' : 'Parked messages'}>
      <Group gap="sm" align="flex-end">
        <SegmentedControl
          aria-label="Which messages"
          value={areDead ? 'dead' : 'parked'}
          onChange={value => choose({ state: value === 'dead' ? undefined : value })}
          data={[
            { value: 'dead', label: 'Dead letters' },
            { value: 'parked', label: 'Parked messages' },
          ]}
        />
        <ServiceFilter value={filters.service} onChange={service => choose({ service })} />
        <TextFilter
          label="Type"
          placeholder="payment.process"
          value={filters.type}
          onChange={type => choose({ type })}
        />
      </Group>
      {query.fingerprint !== undefined && (
        <Alert
          color="blue"
          title="Only those of one failure group"
          withCloseButton
          closeButtonLabel="Show all"
          onClose={() => choose({ fingerprint: undefined })}
        >
          <Said text={query.fingerprint} code />
        </Alert>
      )}
      <Text size="sm" c="var(--quiet)">
        {areDead
          ? 'What they were to do has not happened, and nothing tries it again by itself. '
          : 'They failed, and are tried again by themselves. '}
        <Anchor component={Link} href={paths.runbook(areDead ? 'dead-letters' : 'parked-messages')} size="sm">
          What to do about them
        </Anchor>
      </Text>
      <Answered of={answer}>
        {found => <Found key={state} found={found} areDead={areDead} isNarrowed={Object.keys(query).length > 0} />}
      </Answered>
    </Page>
  )
}

interface FoundProps {
  readonly found: AnswerOf<'deadLetters'>
  readonly areDead: boolean
  readonly isNarrowed: boolean
}

function Found({ found, areDead, isNarrowed }: FoundProps): ReactNode {
  const [keys, choose] = useState<ReadonlySet<string>>(new Set())
  const letters = oldestFirst(found)
  const chosen = letters.filter(letter => keys.has(keyOf(letter)))
  return (
    <>
      {areDead && (
        <LetterActions
          what={chosen.length === 1 ? 'the chosen one' : `the ${chosen.length} chosen`}
          total={chosen.length}
          unless={chosen.length === 0 ? 'Choose some first.' : undefined}
          workOf={action => onLetters(chosen, action)}
        />
      )}
      {letters.length === 0 ? (
        <Nothing areDead={areDead} isNarrowed={isNarrowed} />
      ) : (
        <LettersTable letters={letters} {...(areDead ? { choice: { keys, choose } } : {})} />
      )}
      <MorePages of={found.services} />
    </>
  )
}

function Nothing({ areDead, isNarrowed }: Omit<FoundProps, 'found'>): ReactNode {
  if (isNarrowed) {
    return (
      <Empty title="Nothing here fits.">
        <Anchor component={Link} href={paths.letters(areDead ? {} : { state: 'parked' })} size="sm">
          Show all
        </Anchor>
      </Empty>
    )
  }
  return areDead ? (
    <Empty title="There are no dead letters.">Every message was handled, or is still being tried.</Empty>
  ) : (
    <Empty title="Nothing is parked.">No message waits for another attempt.</Empty>
  )
}

function oldestFirst({ services }: AnswerOf<'deadLetters'>): readonly LetterView[] {
  return services
    .flatMap(({ service, messages }) => messages.map(message => ({ ...message, service })))
    .sort((one, other) => one.receivedAt.localeCompare(other.receivedAt))
}
