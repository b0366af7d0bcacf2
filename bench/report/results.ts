import { mkdir, writeFile } from 'node:fs/promises'
import type { Figure } from '../measure-set-up.ts'
import type { RunOptions } from '../options.ts'
import { setUps } from '../set-ups.ts'
import { chartOf } from './chart.ts'
import { type Machine, machineLine, machineWith } from './machine.ts'
import { bench, writePart } from './page.ts'
import { type Summary, summarise } from './summary.ts'
import { targetsIn } from './targets.ts'

/** Writes every figure as JSON; if wanted, their medians as a page and as a chart. Resolves with what to tell the terminal. */
export async function writeResults(
  figures: readonly Figure[],
  options: RunOptions,
  servers: readonly string[],
): Promise<string> {
  const takenAt = new Date().toISOString().slice(0, 16)
  const machine = await machineWith(servers)
  const { rounds, seconds, warmUpSeconds, inFlight, ordersMax } = options
  const run = { takenAt, machine, rounds, seconds, warmUpSeconds, inFlight, ordersMax }

  await mkdir(new URL('results/', bench), { recursive: true })
  const file = new URL(`results/${takenAt.replace(':', '')}.json`, bench)
  await writeFile(file, `${JSON.stringify({ ...run, figures }, null, 1)}\n`)
  if (options.write === 'figures') return `\nWritten: every figure in ${file.pathname}`

  const summaries = summarise(figures)
  await writeFile(new URL('results/chart.svg', bench), chartOf(summaries))
  await writePart('set-ups', pageOf(run, figures, summaries))
  return `\n${targetLines(figures).join('\n')}\n\nWritten: bench/RESULTS.md, bench/results/chart.svg and every figure in ${file.pathname}`
}

function pageOf(
  run: { readonly takenAt: string; readonly machine: Machine; readonly rounds: number; readonly seconds: number },
  figures: readonly Figure[],
  summaries: readonly Summary[],
): string {
  const { machine } = run
  return `# What the benchmark said last

Made by \`npm run bench\` on ${run.takenAt.replace('T', ' at ')} UTC; [README.md](README.md) says what is measured and how.
${machineLine(machine)}
Medians of ${run.rounds} round${run.rounds === 1 ? '' : 's'} in which the set-ups took turns, windows of ${run.seconds} s. Servers, services and clients share the machine.

![Sagas per second](results/chart.svg)

## What was to be reached

| | wanted | reached | |
|---|---|---|---|
${targetsIn(figures)
  .map(
    ({ what, wanted, reached, holds }) =>
      `| ${what} | ${wanted} | ${reached} | ${holds === undefined ? '' : holds ? 'yes' : '**no**'} |`,
  )
  .join('\n')}

## All set-ups

In brackets the slowest and the fastest round. CPU seconds are for 1,000 sagas, over all processes (of it databases, broker);
memory is the peak of clients and services, databases, broker. Steal is the share of time that the hypervisor gave to others,
*others* how many cores worked for processes outside the benchmark.
${tablesOf(summaries)}
${faultsOf(figures)}`
}

function tablesOf(summaries: readonly Summary[]): string {
  return [...new Set(summaries.map(({ inFlight }) => inFlight))]
    .sort((a, b) => a - b)
    .map(
      inFlight => `
### ${inFlight} in flight

| set-up | sagas/s | p50 ms | p95 ms | p99 ms | CPU s | memory MB | steal | others |
|---|---|---|---|---|---|---|---|---|
${summaries
  .filter(summary => summary.inFlight === inFlight)
  .map(tableRow)
  .join('\n')}
`,
    )
    .join('')
}

function tableRow({ setUp, latencyMs, cpuPer1000, memoryMb, ...summary }: Summary): string {
  const whose = setUps.find(({ name }) => name === setUp)?.whose
  const name = whose === 'makegood' ? `**${setUp}**` : setUp
  if (summary.rounds === 0) return `| ${name} | no round counts | | | | | | | |`
  return `| ${[
    name,
    `${summary.sagasPerSecond.toFixed(0)} (${summary.slowest.toFixed(0)} – ${summary.fastest.toFixed(0)})`,
    ...[latencyMs.p50, latencyMs.p95, latencyMs.p99].map(ms => ms.toFixed(ms < 100 ? 1 : 0)),
    `${cpuPer1000.all.toFixed(2)} (${cpuPer1000.database.toFixed(2)}, ${cpuPer1000.broker.toFixed(2)})`,
    [memoryMb.processes, memoryMb.database, memoryMb.broker].map(mb => mb.toFixed(0)).join(' + '),
    `${summary.stealPercent.toFixed(0)} %`,
    summary.foreignCores.toFixed(1),
  ].join(' | ')} |`
}

function faultsOf(figures: readonly Figure[]): string {
  const faulty = figures.filter(({ fault }) => fault !== undefined)
  if (faulty.length === 0) return '\nStock and money balanced after every run.\n'
  const rows = faulty.map(
    ({ setUp, round, inFlight, fault }) => `- ${setUp}, round ${round}, ${inFlight} in flight: ${fault}`,
  )
  return `\n## Runs that do not count\n\n${rows.join('\n')}\n\nStock and money balanced after every other run.\n`
}

function targetLines(figures: readonly Figure[]): readonly string[] {
  return targetsIn(figures).map(({ what, wanted, reached, holds }) => {
    const verdict = holds === undefined ? '      ' : holds ? '  yes ' : '  NO  '
    return `${verdict}${what}: ${wanted}, reached ${reached}`
  })
}
