import { Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { BookView } from '../../../server/playground-contract.ts'

/** Whether money and goods are where they belong, as the databases of the services have it. */
export function Books({
  of: books,
  isEmpty,
}: {
  readonly of: readonly BookView[]
  readonly isEmpty: boolean
}): ReactNode {
  if (isEmpty) return null
  return (
    <section className="played" aria-label="The books">
      <Title order={2}>The books</Title>
      {books.length === 0 ? (
        <Text size="sm">They are counted when no order is under way and all services run.</Text>
      ) : (
        <ul className="books">
          {books.map(({ title, says, wrong }) => (
            <li key={title} data-right={wrong.length === 0}>
              <strong>{title}</strong> {wrong.length === 0 ? 'comes out' : 'does not come out'}. {says}
              {wrong.length > 0 && ` ${wrongOnes(wrong)}`}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** How many are named. */
const namedMax = 5

function wrongOnes(orders: readonly string[]): string {
  const named = orders.slice(0, namedMax).join(', ')
  const others = orders.length > namedMax ? ` and ${orders.length - namedMax} more` : ''
  return `Look at ${orders.length === 1 ? 'the order' : 'the orders'} ${named}${others}.`
}
