import type { Meter } from '../measure/processes.ts'
import type { Question } from './questions.ts'

/** How long a question took to be answered, asked so often, one after the other. */
export interface Asked {
  readonly name: string
  readonly times: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly mostMs: number
  /** Of all processes of the benchmark, for one answer: it is the same on a busy machine. */
  readonly cpuMs: number
}

/** @throws Error if one is not answered with 200. */
export async function ask(base: string, { name, path }: Question, times: number, meter: Meter): Promise<Asked> {
  // The first of each also pays for what the database prepares once.
  await answerTo(base, path())
  const took: number[] = []
  const before = meter.cpuSeconds()
  for (let time = 0; time < times; time++) took.push(await answerTo(base, path()))
  const cpuMs = ((meter.cpuSeconds() - before) * 1_000) / times
  const sorted = Float64Array.from(took).sort()
  const share = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
  return { name, times, p50Ms: share(0.5), p95Ms: share(0.95), mostMs: share(1), cpuMs }
}

async function answerTo(base: string, path: string): Promise<number> {
  const before = performance.now()
  const answer = await fetch(`${base}/operations${path}`)
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}: ${text.slice(0, 500)}`)
  return performance.now() - before
}
