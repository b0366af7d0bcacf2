import { Checkbox, Group, Select, Stack, Text } from '@mantine/core'
import type { SagaInFull } from 'makegood/operations/contract'
import { type ReactNode, useMemo, useState } from 'react'
import { Payload } from '../../parts/payload.tsx'
import { visibleText } from '../../parts/visible-text.ts'
import { type Difference, differences } from './differences.ts'
import { documentsOf } from './documents.ts'

/** What the saga knows: what it was started with and what each step said, and how they differ. */
export function Data({ saga }: { readonly saga: SagaInFull }): ReactNode {
  const documents = useMemo(() => documentsOf(saga), [saga])
  const names = documents.map(({ name }, index) => ({ value: String(index), label: name }))
  const [chosen, setChosen] = useState<number>()
  const [other, setOther] = useState<number>()
  const [withSame, setWithSame] = useState(false)
  const shown = Math.min(chosen ?? 0, documents.length - 1)
  const against = other === undefined || other === shown || other >= documents.length ? null : other
  const document = documents[shown]
  if (document === undefined) {
    return (
      <Text size="sm">
        It has no data of its own. What its messages carried is kept with those that are parked or dead, in the
        timeline.
      </Text>
    )
  }
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end">
        <Select
          label="Show"
          data={names}
          value={String(shown)}
          onChange={value => setChosen(Number(value))}
          allowDeselect={false}
        />
        <Select
          label="Compared with"
          placeholder="nothing"
          data={names.filter(({ value }) => value !== String(shown))}
          value={against === null ? null : String(against)}
          onChange={value => setOther(value === null ? undefined : Number(value))}
          clearable
          clearButtonProps={{ 'aria-label': 'Compare with nothing' }}
        />
        {against !== null && (
          <Checkbox
            label="What is the same, too"
            checked={withSame}
            onChange={event => setWithSame(event.currentTarget.checked)}
            pb={8}
          />
        )}
      </Group>
      {against === null ? (
        <Payload value={document.value} label={document.name} />
      ) : (
        <Differences of={differences(documents[against]!.value, document.value)} withSame={withSame} />
      )}
    </Stack>
  )
}

interface DifferencesProps {
  readonly of: readonly Difference[]
  readonly withSame: boolean
}

function Differences({ of: all, withSame }: DifferencesProps): ReactNode {
  const shown = withSame ? all : all.filter(({ is }) => is !== 'the same')
  const same = all.length - shown.length
  return (
    <Stack gap="xs">
      {shown.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        <section className="payload" tabIndex={0} aria-label="Differences">
          <ul className="differences">
            {shown.map(({ path, is, before, after }) => (
              <li key={path} data-is={is}>
                <span className="difference-mark">{is}</span>{' '}
                <span>{visibleText(path === '' ? 'all of it' : path)}</span>
                {': '}
                {before !== null && is !== 'the same' && <del>{visibleText(before)}</del>}{' '}
                {after !== null && <ins>{visibleText(after)}</ins>}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Text size="sm" c="var(--quiet)">
        {shown.length === 0
          ? 'They do not differ.'
          : `${same === 0 ? 'All fields are shown.' : `${same} fields are the same.`}`}
      </Text>
    </Stack>
  )
}
