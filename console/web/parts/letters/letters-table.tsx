import { Anchor, Checkbox } from '@mantine/core'
import type { InboxView } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { paths } from '../paths.ts'
import { Said } from '../said.tsx'
import { type Column, Rows } from '../table/rows.tsx'
import { When } from '../when.tsx'

export type LetterView = InboxView & { readonly service: string }

interface LettersTableProps {
  readonly letters: readonly LetterView[]
  /** Left out where nothing is chosen. */
  readonly choice?: Choice
}

/** The letters that somebody has chosen, by their keys. */
export interface Choice {
  readonly keys: ReadonlySet<string>
  readonly choose: (keys: ReadonlySet<string>) => void
}

export function keyOf({ service, identity }: Pick<LetterView, 'service' | 'identity'>): string {
  return `${service} ${identity}`
}

/** Dead letters or parked messages, each a line that leads to all of it. */
export function LettersTable({ letters, choice }: LettersTableProps): ReactNode {
  const areParked = letters.some(({ dueAt }) => dueAt !== null)
  return (
    <Rows
      label={areParked ? 'Parked messages' : 'Dead letters'}
      columns={[
        ...(choice === undefined ? [] : [choosing(letters, choice)]),
        ...columns,
        ...(areParked ? [nextTry] : []),
      ]}
      rows={letters}
      keyOf={keyOf}
    />
  )
}

const columns: readonly Column<LetterView>[] = [
  {
    title: 'Message',
    cell: ({ service, identity, type }) => (
      <Anchor component={Link} href={paths.letter(service, identity)} size="sm">
        <Said text={type} max={100} />
      </Anchor>
    ),
  },
  { title: 'Service', cell: ({ service }) => service },
  { title: 'Error', cell: ({ error }) => <Said text={error ?? ''} /> },
  { title: 'Received', cell: ({ receivedAt }) => <When at={receivedAt} /> },
  { title: 'Tries', cell: ({ tries }) => tries, isNumber: true },
]

const nextTry: Column<LetterView> = { title: 'Next try', cell: ({ dueAt }) => dueAt !== null && <When at={dueAt} /> }

function choosing(letters: readonly LetterView[], { keys, choose }: Choice): Column<LetterView> {
  const all = letters.map(keyOf)
  const areAll = all.every(key => keys.has(key))
  return {
    title: 'Chosen',
    head: (
      <Checkbox
        aria-label="All on this page"
        checked={areAll}
        indeterminate={!areAll && all.some(key => keys.has(key))}
        onChange={() => choose(areAll ? without(keys, all) : new Set([...keys, ...all]))}
      />
    ),
    cell: letter => {
      const key = keyOf(letter)
      const isChosen = keys.has(key)
      return (
        <Checkbox
          aria-label={`${letter.type}, ${letter.identity}`}
          checked={isChosen}
          onChange={() => choose(isChosen ? without(keys, [key]) : new Set([...keys, key]))}
        />
      )
    },
  }
}

function without(keys: ReadonlySet<string>, others: readonly string[]): ReadonlySet<string> {
  return new Set([...keys].filter(key => !others.includes(key)))
}
