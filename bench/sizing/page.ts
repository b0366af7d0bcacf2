import { readFile, writeFile } from 'node:fs/promises'
import { type Cost, fullnessOf, type Need, needOf, type Wanted } from './calculate.ts'
import type { Measured } from './measured.ts'

const page = new URL('../../docs/sizing.md', import.meta.url)

/** A thousand a second is meant as it stands. */
const loads: readonly Partial<Wanted>[] = [
  { sagasPerDay: 100_000 },
  { sagasPerDay: 1_000_000 },
  { sagasPerDay: 1_000 * 86_400, peak: 1 },
]

/** The tables of the page, by the name that stands around each. */
export function tablesOf(measured: readonly Measured[], wanted: Wanted): { readonly [name: string]: string } {
  return {
    costs: costTable(measured),
    needs: loads
      .map(load => ({ ...wanted, ...load }))
      .map(load => `${headingOf(load)}\n\n${needTable(measured.map(cost => needOf(cost, load)))}`)
      .join('\n\n'),
    limits: limitTable(measured, wanted),
  }
}

export async function writeTables(tables: { readonly [name: string]: string }): Promise<void> {
  await writeFile(page, Object.entries(tables).reduce(withTable, await readFile(page, 'utf8')))
}

/** The page's text as it would be with these tables. */
function withTable(text: string, [name, table]: readonly [string, string]): string {
  const [begin, end] = [`<!-- ${name}: npm run bench -- sizing --write -->`, `<!-- end of ${name} -->`]
  const [before, rest] = text.split(begin)
  const [, after] = rest?.split(end) ?? []
  if (after === undefined) throw new Error(`docs/sizing.md has no place for ${name}: ${begin} and ${end}`)
  return `${before}${begin}\n${table}\n${end}${after}`
}

export async function isWritten(tables: { readonly [name: string]: string }): Promise<boolean> {
  const text = await readFile(page, 'utf8')
  return text === Object.entries(tables).reduce(withTable, text)
}

export function headingOf({ sagasPerDay, peak }: Wanted): string {
  const atPeak = rounded((sagasPerDay / 86_400) * peak)
  return peak === 1
    ? `**${atPeak} sagas a second, all day**`
    : `**${sagasPerDay.toLocaleString('en')} sagas a day, ${atPeak} a second at the peak**`
}

function costTable(measured: readonly Measured[]): string {
  return table(
    [
      'set-up',
      'sagas/s on the machine',
      'CPU s of services',
      'of it the busiest process',
      'of the database',
      'of the broker',
      'log KB a saga',
      'tables KB a saga',
      'taken at',
    ],
    measured.map(({ setUp, sagasPerSecond, cpuPer1000: { all, database, broker, busiest }, bytesPerSaga, takenAt }) => [
      setUp,
      rounded(sagasPerSecond),
      ...[all - database - broker, busiest, database, broker].map(rounded),
      ...[bytesPerSaga?.log, bytesPerSaga?.tables].map(bytes => (bytes === undefined ? '' : rounded(bytes / 1_000))),
      takenAt.replace('T', ' '),
    ]),
  )
}

export function needTable(needs: readonly Need[]): string {
  return table(
    [
      'set-up',
      'processes: orchestrator + each other',
      'their cores',
      'connections',
      'database cores',
      'broker cores',
      'messages/s',
      'log MB/s',
      'tables GB',
    ],
    needs.map(need => [
      need.setUp,
      need.otherProcesses === 0 ? String(need.busiestProcesses) : `${need.busiestProcesses} + ${need.otherProcesses}`,
      rounded(need.serviceCores),
      String(need.connections),
      rounded(need.databaseCores),
      need.brokerCores === 0 ? '' : rounded(need.brokerCores),
      need.brokerCores === 0 ? '' : rounded(need.messagesPerSecond),
      need.logMbPerSecond === undefined ? '' : rounded(need.logMbPerSecond),
      need.tablesGb === undefined ? '' : rounded(need.tablesGb),
    ]),
  )
}

function limitTable(costs: readonly Cost[], wanted: Wanted): string {
  return table(
    ['set-up', 'one orchestrator process', 'one database server of 4 cores', 'of 16', 'of 64'],
    costs.map(cost => {
      const { oneProcess, databaseOf } = fullnessOf(cost, wanted)
      return [cost.setUp, ...[oneProcess, databaseOf(4), databaseOf(16), databaseOf(64)].map(rounded)]
    }),
  )
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

/** Two digits say all that such figures know. */
function rounded(number: number): string {
  if (!Number.isFinite(number)) return 'any'
  return Number(number.toPrecision(2)).toLocaleString('en', { maximumFractionDigits: 4 })
}
