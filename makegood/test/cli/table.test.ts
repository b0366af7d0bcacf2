import { stripVTControlCharacters as plain } from 'node:util'
import { expect, test } from 'vitest'
import { type Column, table } from '../../src/cli/table.ts'
import { red } from '../../src/cli/text.ts'
import { ago, clock, moment, span } from '../../src/cli/times.ts'

interface Row {
  readonly status: string
  readonly why: string
  readonly id: string
}

const columns: readonly Column<Row>[] = [
  { head: 'STATUS', cell: ({ status }) => red(status) },
  { head: 'WHY', cell: ({ why }) => why },
  { head: 'ID', cell: ({ id }) => id, whole: true },
]

const rows: readonly Row[] = [
  { status: 'stuck', why: 'SILENT at payment: No answer to 9 messages', id: '019aa111-0000-7000' },
  { status: 'running', why: '漢字漢字', id: '7' },
]

test('a table is as wide as what is in it where nobody looks', () => {
  expect(plain(table(columns, rows, undefined).shown)).toBe(
    [
      'STATUS   WHY                                         ID',
      'stuck    SILENT at payment: No answer to 9 messages  019aa111-0000-7000',
      'running  漢字漢字                                    7',
    ].join('\n'),
  )
})

test('it fits a page by cutting what may be cut, the widest first', () => {
  expect(plain(table(columns, rows, 50).shown)).toBe(
    [
      'STATUS   WHY                    ID',
      'stuck    SILENT at payment: N…  019aa111-0000-7000',
      'running  漢字漢字               7',
    ].join('\n'),
  )
})

test('what has to be typed again is never cut', () => {
  expect(plain(table(columns, rows, 10).shown)).toContain('019aa111-0000-7000')
})

test('a row is one line, whatever is in it', () => {
  const shown = table(columns, [{ status: 'a\nb', why: '\x1b[2J', id: '\r' }], 80).shown
  expect(plain(shown).split('\n')).toHaveLength(2)
})

test('of no rows there is no table', () => {
  expect(table(columns, [], 80).shown).toBe('')
})

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1 s'],
  [1_637, '1.6 s'],
  [10_400, '10 s'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [90_061_000, '1 d 1 h'],
  [-1_500, '-1.5 s'],
  [Number.POSITIVE_INFINITY, 'for ever'],
])('%d ms is %s', (ms, shown) => {
  expect(span(ms)).toBe(shown)
})

test('times are in UTC, to the second or to the millisecond', () => {
  expect(moment('2026-01-31T09:05:07.123Z')).toBe('2026-01-31 09:05:07')
  expect(clock('2026-01-31T09:05:07.123Z')).toBe('09:05:07.123')
  expect(ago('2026-01-31T09:00:00.000Z', Date.parse('2026-01-31T09:02:30.000Z'))).toBe('2 min 30 s ago')
  expect(ago('2026-01-31T09:00:00.000Z', Date.parse('2026-01-31T08:59:00.000Z'))).toBe('in 1 min')
})
