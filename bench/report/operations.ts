import { mkdir, writeFile } from 'node:fs/promises'
import type { Asked } from '../operations/asking.ts'
import type { OperationsOptions } from '../operations/options.ts'
import type { Speed } from '../operations/speed.ts'
import { machineLine, machineWith } from './machine.ts'
import { bench, operationsHeading, writePart } from './page.ts'

export interface OperationsRun extends OperationsOptions {
  /** How long it took to make the rows, in seconds. */
  readonly filledInSeconds: number
  /** How many cores worked for processes outside the benchmark while it asked. */
  readonly foreignCores: number
  readonly asked: readonly Asked[]
  readonly speeds: readonly Speed[]
}

const wantedMs = 200

/** Writes every figure as JSON, and their part of the page. Resolves with what to tell the terminal. */
export async function writeOperations(run: OperationsRun, servers: readonly string[]): Promise<string> {
  const takenAt = new Date().toISOString().slice(0, 16)
  const machine = await machineWith(servers)
  await mkdir(new URL('results/', bench), { recursive: true })
  const file = new URL(`results/operations-${takenAt.replace(':', '')}.json`, bench)
  const { write, ...figures } = run
  await writeFile(file, `${JSON.stringify({ takenAt, machine, ...figures }, null, 1)}\n`)
  const { finished, running, times, foreignCores, asked, speeds, seconds } = run
  await writePart(
    'operations',
    `${operationsHeading}

Made by \`npm run bench -- operations\` on ${takenAt.replace('T', ' at ')} UTC, with ${thousands(finished)} finished and ${thousands(running)} running sagas.
${machineLine(machine)}
${foreignCores.toFixed(1)} cores worked for processes outside the benchmark.

Over HTTP, one question after the other, ${times} times each; CPU is that of all processes for one answer. Wanted are ${wantedMs} ms at p95, and ${holds(asked) ? 'all are within' : '**not all are within**'}.

| asked | p50 ms | p95 ms | most ms | CPU ms |
|---|---|---|---|---|
${asked.map(askedRow).join('\n')}
${speeds.length === 0 ? '' : `\n${speedTable(speeds, seconds)}`}`,
  )
  return `\nWritten: bench/RESULTS.md and every figure in ${file.pathname}`
}

function askedRow({ name, p50Ms, p95Ms, mostMs, cpuMs }: Asked): string {
  const p95 = p95Ms > wantedMs ? `**${ms(p95Ms)}**` : ms(p95Ms)
  return `| ${[name, ms(p50Ms), p95, ms(mostMs), ms(cpuMs)].join(' | ')} |`
}

function speedTable(speeds: readonly Speed[], seconds: number): string {
  return `The engine's speed on the same store, 64 orders in flight, in windows of ${seconds} s that take turns; the ratio is the median of those within a round.

| who watches | sagas/s | alone | ratio | each round |
|---|---|---|---|---|
${speeds
  .map(
    ({ watched, sagasPerSecond, alone, ratio, ratios }) =>
      `| ${[watched, sagasPerSecond.toFixed(0), alone.toFixed(0), ratio.toFixed(2), ratios.map(each => each.toFixed(2)).join(', ')].join(' | ')} |`,
  )
  .join('\n')}
`
}

/** Lines for the terminal. */
export function askedLine({ name, p50Ms, p95Ms, mostMs, cpuMs }: Asked): string {
  const times = [p50Ms, p95Ms, mostMs, cpuMs].map(each => ms(each).padStart(8)).join('')
  return `${p95Ms > wantedMs ? '  NO  ' : '  yes '}${name.padEnd(45)}${times}`
}

export function speedLine({ watched, sagasPerSecond, alone, ratio }: Speed): string {
  return `      ${watched.padEnd(45)}${sagasPerSecond.toFixed(0).padStart(8)}${alone.toFixed(0).padStart(8)}${ratio.toFixed(2).padStart(8)}`
}

function holds(asked: readonly Asked[]): boolean {
  return asked.every(({ p95Ms }) => p95Ms <= wantedMs)
}

function ms(number: number): string {
  return number.toFixed(number < 100 ? 1 : 0)
}

function thousands(number: number): string {
  return number.toLocaleString('en')
}
