import Table from 'cli-table3'
import columnsOf from 'string-width'
import { dim, lines, nothing, type Shown, Text, text } from './text.ts'

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => Shown
  /** Is not cut, however narrow the page: what has to be typed again. */
  readonly whole?: true
}

/** Rows under their heads, as wide as the page and not wider; without a width as wide as they are. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number | undefined): Text {
  if (rows.length === 0) return nothing
  const cells = rows.map(row => columns.map(({ cell }) => text`${cell(row)}`.shown))
  const shown = new Table({
    head: columns.map(({ head }) => dim(head).shown),
    chars: borderless,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    ...(width === undefined ? {} : { colWidths: [...widths(columns, cells, width)] }),
  })
  shown.push(...cells)
  return lines(
    ...shown
      .toString()
      .split('\n')
      .map(line => new Text(line.trimEnd())),
  )
}

const between = '  '

const borderless = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
  middle: between,
}

/** The widest columns give way until all fit. */
function widths(
  columns: readonly Column<never>[],
  cells: readonly (readonly string[])[],
  width: number,
): readonly number[] {
  const natural = columns.map(({ head }, at) => Math.max(...[head, ...cells.map(row => row[at]!)].map(columnsOf)))
  const gives = (at: number) => !columns[at]!.whole && natural[at]! > narrowest
  for (;;) {
    const over = natural.reduce((sum, each) => sum + each, between.length * (columns.length - 1)) - width
    const widest = natural.reduce((most, each, at) => (gives(at) && each > (natural[most] ?? 0) ? at : most), -1)
    if (over <= 0 || widest === -1) return natural
    natural[widest]! -= 1
  }
}

const narrowest = 8
