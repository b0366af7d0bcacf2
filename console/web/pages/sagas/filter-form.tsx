import { Anchor, Button, Collapse, Group, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type ReactNode, useRef } from 'react'
import { Link } from 'wouter'
import { useAnswer } from '../../api/answers.ts'
import { paths } from '../../parts/paths.ts'
import { ServiceFilter } from '../../parts/service-filter.tsx'
import { TextFilter } from '../../parts/text-filter.tsx'
import { useShortcut } from '../../shell/shortcuts.tsx'
import { type FilterName, type Filters, filterNames, isoTime, localTime } from './saga-query.ts'

interface FilterFormProps {
  readonly filters: Filters
  readonly choose: (choice: { readonly [Name in FilterName]?: string | undefined }) => void
}

const rareNames: readonly FilterName[] = [
  'service',
  'version',
  'step',
  'failure',
  'startedAfter',
  'startedBefore',
  'order',
]

/** What the list is narrowed to; each choice is in the address at once. */
export function FilterForm({ filters, choose }: FilterFormProps): ReactNode {
  const rare = rareNames.filter(name => filters[name] !== undefined).length
  const [isOpen, { toggle }] = useDisclosure(rare > 0)
  const isNarrowed = filterNames.some(name => filters[name] !== undefined)
  const keyField = useRef<HTMLInputElement>(null)
  useShortcut('/', 'Find a saga by its key', () => keyField.current?.focus())
  return (
    <Stack gap="sm" component="search">
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        <TextFilter
          ref={keyField}
          label="Business key"
          placeholder="whole, or its beginning and *"
          value={filters.key}
          onChange={key => choose({ key })}
        />
        <TextFilter
          label="Text in its data"
          placeholder="anywhere in it"
          value={filters.text}
          onChange={text => choose({ text })}
        />
        <DefinitionFilter value={filters.definition} choose={choose} />
      </SimpleGrid>
      <Group gap="sm">
        <Button size="xs" variant="default" onClick={toggle} aria-expanded={isOpen} aria-controls="rare-filters">
          {isOpen ? 'Fewer filters' : `More filters${rare === 0 ? '' : ` (${rare})`}`}
        </Button>
        {isNarrowed && (
          <Anchor component={Link} href={paths.sagas({})} size="sm">
            Clear all
          </Anchor>
        )}
      </Group>
      <Collapse expanded={isOpen} id="rare-filters">
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
          <ServiceFilter value={filters.service} onChange={service => choose({ service })} />
          <NumberInput
            label="Version"
            placeholder="All"
            min={0}
            allowDecimal={false}
            value={filters.version === undefined ? '' : Number(filters.version)}
            onChange={version => choose({ version: version === '' ? undefined : String(version) })}
          />
          <TextFilter label="Open step" placeholder="Any" value={filters.step} onChange={step => choose({ step })} />
          <TextFilter
            label="Failure code"
            placeholder="of the trouble or the cause"
            value={filters.failure}
            onChange={failure => choose({ failure })}
          />
          <TextInput
            type="datetime-local"
            label="Started after"
            value={localTime(filters.startedAfter)}
            onChange={event => choose({ startedAfter: isoTime(event.currentTarget.value) })}
          />
          <TextInput
            type="datetime-local"
            label="Started before"
            value={localTime(filters.startedBefore)}
            onChange={event => choose({ startedBefore: isoTime(event.currentTarget.value) })}
          />
          <Select
            label="Order"
            data={[
              { value: 'newest', label: 'Newest first' },
              { value: 'oldest', label: 'Oldest first' },
            ]}
            value={filters.order ?? 'newest'}
            onChange={order => choose({ order: order === 'oldest' ? order : undefined })}
            allowDeselect={false}
          />
        </SimpleGrid>
      </Collapse>
    </Stack>
  )
}

interface DefinitionFilterProps {
  readonly value: string | undefined
  readonly choose: FilterFormProps['choose']
}

function DefinitionFilter({ value, choose }: DefinitionFilterProps): ReactNode {
  const { data } = useAnswer('definitions', {}, { everyMs: 60_000 })
  const known = new Set(data?.services.flatMap(({ sagas, tracked }) => [...sagas, ...tracked].map(({ name }) => name)))
  if (value !== undefined) known.add(value)
  return (
    <Select
      label="Definition"
      placeholder="All"
      data={[...known].sort()}
      value={value ?? null}
      onChange={definition => choose({ definition: definition ?? undefined })}
      clearable
      searchable
      clearButtonProps={{ 'aria-label': 'All definitions' }}
    />
  )
}
