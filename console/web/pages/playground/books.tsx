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
          {books.map(({ title, says, isRight }) => (
            <li key={title} data-right={isRight}>
              <strong>{title}</strong> {isRight ? 'comes out' : 'does not come out'}. {says}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
