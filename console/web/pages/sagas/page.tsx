import { Anchor, Button, Checkbox, Group, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { useFilters } from '../../parts/filters.ts'
import { Page } from '../../parts/page.tsx'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { type Column, Rows } from '../../parts/table/rows.tsx'
import { exactly, lasting, When } from '../../parts/when.tsx'
import { Chosen } from './chosen.tsx'
import { FilterForm } from './filter-form.tsx'
import type { ListedSaga } from './merge.ts'
import { type Filters, filterNames, queryOf } from './saga-query.ts'
import './sagas.css'
import { StatusChoice } from './status-choice.tsx'
import { pagesMax, useSagas } from './use-sagas.ts'
import { Views } from './views.tsx'

/** All sagas of all services, narrowed to what somebody looks for. */
export default function Sagas(): ReactNode {
  const [filters, choose] = useFilters(filterNames)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const list = useSagas(queryOf(filters))
  const { hasNextPage, fetchNextPage, isFetchingNextPage } = list
  return (
    <Page title="Sagas" actions={<Views />}>
      <FilterForm filters={filters} choose={choose} />
      <StatusChoice filters={filters} choose={choose} />
      <Answered of={list}>
        {({ sagas, searchedTo, pages }) => {
          const marked = sagas.filter(({ id }) => chosen.has(id))
          return (
            <>
              <Chosen sagas={marked} clear={() => setChosen(new Set())} />
              {sagas.length === 0 ? (
                <Nothing filters={filters} searchedTo={searchedTo} />
              ) : (
                <Rows label="Sagas" columns={columnsOf(sagas, chosen, setChosen)} rows={sagas} keyOf={({ id }) => id} />
              )}
              <Group gap="sm">
                {hasNextPage && (
                  <Button variant="default" size="xs" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
                    {searchedTo === null ? 'More' : 'Search further back'}
                  </Button>
                )}
                {searchedTo !== null && (
                  <Text size="sm" role="status">
                    Searched as far as {exactly(searchedTo)}.
                  </Text>
                )}
                {pages >= pagesMax && <Text size="sm">That is as much as is listed: narrow it to see others.</Text>}
              </Group>
            </>
          )
        }}
      </Answered>
    </Page>
  )
}

interface NothingProps {
  readonly filters: Filters
  readonly searchedTo: string | null
}

function Nothing({ filters, searchedTo }: NothingProps): ReactNode {
  const { key } = filters
  if (searchedTo !== null) return <Empty title="Nothing fits so far.">The search can go on.</Empty>
  if (Object.keys(filters).length === 0) {
    return <Empty title="There are no sagas yet.">One begins as soon as a service starts it.</Empty>
  }
  return (
    <Empty title="No saga fits.">
      {key !== undefined && !key.endsWith('*') && (
        <>
          Is <Said text={key} code /> the id of a saga?{' '}
          <Anchor component={Link} href={paths.saga(key)} size="sm">
            Look for it by its id
          </Anchor>
          , or search with <code>*</code> at the end for keys that begin so.{' '}
        </>
      )}
      Sagas that ended long ago have been pruned.
    </Empty>
  )
}

function columnsOf(
  sagas: readonly ListedSaga[],
  chosen: ReadonlySet<string>,
  setChosen: (chosen: ReadonlySet<string>) => void,
): readonly Column<ListedSaga>[] {
  const marked = sagas.filter(({ id }) => chosen.has(id)).length
  const toggle = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    setChosen(next)
  }
  return [
    {
      title: 'Choose',
      head: (
        <Checkbox
          aria-label="Choose all that are shown"
          checked={marked === sagas.length}
          indeterminate={marked > 0 && marked < sagas.length}
          onChange={() => setChosen(marked === sagas.length ? new Set() : new Set(sagas.map(({ id }) => id)))}
        />
      ),
      cell: ({ id, definition, key }) => (
        <Checkbox aria-label={`Choose ${definition} ${key}`} checked={chosen.has(id)} onChange={() => toggle(id)} />
      ),
    },
    { title: 'Status', cell: ({ status }) => <Status of={status} /> },
    ...columns,
  ]
}

const columns: readonly Column<ListedSaga>[] = [
  {
    title: 'Saga',
    cell: ({ id, definition, key }) => (
      <>
        <Anchor component={Link} href={paths.saga(id)} size="sm" fw={600} className="saga-key" title={key}>
          <Said text={key} max={80} />
        </Anchor>
        <div className="quiet">{definition}</div>
      </>
    ),
  },
  { title: 'Where and why', cell: saga => <Where saga={saga} /> },
  { title: 'Started', cell: ({ startedAt }) => <When at={startedAt} /> },
  {
    title: 'Took',
    cell: ({ startedAt, endedAt }) => (endedAt === null ? '' : lasting(Date.parse(endedAt) - Date.parse(startedAt))),
    isNumber: true,
  },
  { title: 'Changed', cell: ({ changedAt }) => <When at={changedAt} /> },
  { title: 'Service', cell: ({ service }) => service },
]

function Where({ saga: { steps, trouble, cause } }: { readonly saga: ListedSaga }): ReactNode {
  if (trouble !== null) {
    return (
      <>
        <Said text={trouble.code} max={60} code /> {trouble.step !== null && <>at {trouble.step}: </>}
        <Said text={trouble.says} max={160} />
      </>
    )
  }
  return (
    <>
      {steps.length > 0 && (
        <div>
          at <Said text={steps.join(', ')} max={120} />
        </div>
      )}
      {cause !== null && (
        <div className="quiet">
          because of <Said text={cause.code} max={60} code /> at <Said text={cause.step} max={80} />
        </div>
      )}
    </>
  )
}
