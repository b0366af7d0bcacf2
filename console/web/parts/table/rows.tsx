import { Table } from '@mantine/core'
import type { ReactNode } from 'react'
import './rows.css'

export interface Column<Row> {
  readonly title: string
  /** Stands at the head of the column instead of its title. */
  readonly head?: ReactNode
  readonly cell: (row: Row) => ReactNode
  readonly isNumber?: boolean
}

interface RowsProps<Row> {
  /** What is listed, for whoever cannot see it. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
}

/** A table; on a narrow screen each row is a card, with the titles of the columns inside. */
export function Rows<Row>({ label, columns, rows, keyOf }: RowsProps<Row>): ReactNode {
  return (
    <Table className="rows" aria-label={label} highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          {columns.map(({ title, head = title, isNumber }) => (
            <Table.Th key={title} data-number={isNumber}>
              {head}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(row => (
          <Table.Tr key={keyOf(row)}>
            {columns.map(({ title, cell, isNumber }) => (
              <Table.Td key={title} data-title={title} data-number={isNumber}>
                {cell(row)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
