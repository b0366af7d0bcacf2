import { Anchor, Text, Title, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { PlacedOrder, WayStep } from '../../../server/playground-contract.ts'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Rows } from '../../parts/table/rows.tsx'

/** The orders as they go their way. */
export function Placed({ of: placed }: { readonly of: readonly PlacedOrder[] }): ReactNode {
  return (
    <section className="played" aria-label="Orders on their way">
      <Title order={2}>Orders on their way</Title>
      {placed.length === 0 ? (
        <Empty title="No order yet.">Begin with the first experiment, or place one below.</Empty>
      ) : (
        <Rows
          label="Orders"
          rows={placed.slice(0, shownMax)}
          keyOf={({ number }) => String(number)}
          columns={[
            { title: 'Order', cell: order => <Name of={order} /> },
            { title: 'Its way', cell: order => <Way of={order} /> },
            { title: 'Status', cell: order => <State of={order} /> },
          ]}
        />
      )}
      {placed.length > shownMax && (
        <Text size="sm">
          Older ones are among the{' '}
          <Anchor component={Link} href={paths.sagas({})} size="sm">
            sagas
          </Anchor>
          .
        </Text>
      )}
    </section>
  )
}

const shownMax = 15

function Name({ of: { number, wanted, answer, saga } }: { readonly of: PlacedOrder }): ReactNode {
  const name = `${number}. ${wanted}`
  return (
    <>
      {saga === null ? (
        <Text size="sm">{name}</Text>
      ) : (
        <Anchor component={Link} href={paths.saga(saga.id)} size="sm">
          {name}
        </Anchor>
      )}
      <Text size="xs" c="var(--quiet)">
        <Said text={answer} max={120} />
      </Text>
    </>
  )
}

function Way({ of: { steps } }: { readonly of: PlacedOrder }): ReactNode {
  return (
    <ol className="way">
      {steps.map(({ name, state }) => (
        <li key={`${name} ${state}`} data-state={state} title={wordsOf[state]}>
          {name}
          <span aria-hidden>{marksOf[state]}</span>
          <VisuallyHidden>, {wordsOf[state]}</VisuallyHidden>
        </li>
      ))}
    </ol>
  )
}

const wordsOf: { readonly [State in WayStep['state']]: string } = {
  ahead: 'still ahead',
  open: 'asked for, not answered yet',
  done: 'done',
  failed: 'refused',
  undoing: 'being made good',
  undone: 'made good',
  skipped: 'not needed',
}

const marksOf: { readonly [State in WayStep['state']]: string } = {
  ahead: '',
  open: ' …',
  done: ' ✓',
  failed: ' ✗',
  undoing: ' ↶ …',
  undone: ' ↶',
  skipped: ' –',
}

function State({ of: { saga, waitsFor, isOver } }: { readonly of: PlacedOrder }): ReactNode {
  return (
    <>
      {saga === null ? <Text size="sm">{isOver ? 'refused' : 'placed'}</Text> : <Status of={saga.status} />}
      {waitsFor.map(service => (
        <Text size="xs" key={service}>
          waits for {service}
        </Text>
      ))}
    </>
  )
}
