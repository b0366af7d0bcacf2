import { ActionIcon, Button, Group, Menu, Modal, Stack, TextInput } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { paths } from '../../parts/paths.ts'

interface View {
  readonly name: string
  /** The address after `?`. */
  readonly search: string
}

const givenViews: readonly View[] = [
  { name: 'All', href: paths.sagas({}) },
  { name: 'Stuck: they need a person', href: paths.sagas({ status: 'stuck', order: 'oldest' }) },
  { name: 'Turning back', href: paths.sagas({ status: 'compensating', order: 'oldest' }) },
  { name: 'Longest under way', href: paths.sagas({ status: 'running', order: 'oldest' }) },
  { name: 'Cancelled', href: paths.sagas({ status: 'compensated' }) },
  { name: 'Given up: something may be left standing', href: paths.sagas({ status: 'abandoned' }) },
].map(({ name, href }) => ({ name, search: href.split('?')[1] ?? '' }))

/** Searches with a name, some of which are there from the start; one's own are kept in this browser. */
export function Views(): ReactNode {
  const search = useSearch()
  const [, go] = useLocation()
  const [own, setOwn] = useLocalStorage<readonly View[]>({ key: 'console.views', defaultValue: [] })
  const [isNaming, setNaming] = useState(false)
  const here = [...givenViews, ...own].find(view => sameSearch(view.search, search))
  return (
    <Group gap="xs">
      <Menu position="bottom-start">
        <Menu.Target>
          <Button size="xs" variant="default">
            View: {here?.name ?? 'not saved'} <span aria-hidden>&nbsp;▾</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {givenViews.map(({ name, search }) => (
            <Menu.Item key={name} component={Link} href={`/sagas?${search}`}>
              {name}
            </Menu.Item>
          ))}
          {own.length > 0 && <Menu.Label>Your own</Menu.Label>}
          {own.map(view => (
            <Menu.Item key={view.name} onClick={() => go(`/sagas?${view.search}`)}>
              {view.name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {here === undefined && (
        <Button size="xs" variant="default" onClick={() => setNaming(true)}>
          Save this view
        </Button>
      )}
      {here !== undefined && own.includes(here) && (
        <ActionIcon
          variant="default"
          aria-label={`Forget the view ${here.name}`}
          onClick={() => setOwn(own.filter(each => each !== here))}
        >
          ×
        </ActionIcon>
      )}
      {isNaming && (
        <NameDialog
          taken={[...givenViews, ...own].map(({ name }) => name)}
          close={name => {
            if (name !== undefined) setOwn([...own, { name, search }].slice(-viewsMax))
            setNaming(false)
          }}
        />
      )}
    </Group>
  )
}

const viewsMax = 50

function sameSearch(one: string, other: string): boolean {
  return normal(one) === normal(other)
}

function normal(search: string): string {
  const params = new URLSearchParams(search)
  params.sort()
  return params.toString()
}

interface NameDialogProps {
  readonly taken: readonly string[]
  readonly close: (name?: string) => void
}

function NameDialog({ taken, close }: NameDialogProps): ReactNode {
  const [name, setName] = useState('')
  const isTaken = taken.includes(name.trim())
  return (
    <Modal opened onClose={() => close()} title="Save this view">
      <form
        onSubmit={event => {
          event.preventDefault()
          close(name.trim())
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="Name"
            description="It is kept in this browser. To share it, share the address."
            value={name}
            onChange={event => setName(event.currentTarget.value)}
            error={isTaken ? 'There is one of this name already.' : undefined}
            maxLength={60}
            required
            data-autofocus
          />
          <Group justify="flex-end">
            <Button type="submit" disabled={name.trim() === '' || isTaken}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
