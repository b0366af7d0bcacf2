import { readdir, readFile } from 'node:fs/promises'
import type { Figure } from '../measure-set-up.ts'
import { bench } from '../report/page.ts'
import { type Summary, summarise } from '../report/summary.ts'

/** What the newest run that had a set-up measured of it, under one load. */
export interface Measured extends Summary {
  readonly takenAt: string
}

/** @throws Error if no run has measured any of them at this load. */
export async function measuredOf(setUps: readonly string[], inFlight: number): Promise<readonly Measured[]> {
  const runs = await runsNewestFirst()
  const found = setUps.flatMap(setUp => {
    for (const { takenAt, figures } of runs) {
      const [summary] = summarise(figures.filter(figure => figure.setUp === setUp && figure.inFlight === inFlight))
      if (summary && summary.rounds > 0) return [{ ...summary, takenAt }]
    }
    return []
  })
  if (found.length === 0) {
    throw new Error(
      `No run in bench/results has measured ${setUps.join(', ')} with ${inFlight} in flight: npm run bench makes one.`,
    )
  }
  return found
}

async function runsNewestFirst() {
  const folder = new URL('results/', bench)
  const names = (await readdir(folder)).filter(name => /^\d.*\.json$/.test(name)).toSorted()
  const runs = await Promise.all(
    names.map(
      async name =>
        JSON.parse(await readFile(new URL(name, folder), 'utf8')) as { takenAt: string; figures: readonly Figure[] },
    ),
  )
  // What older runs did not measure cannot be calculated with.
  return runs
    .toReversed()
    .map(run => ({ ...run, figures: run.figures.filter(({ cpuPer1000 }) => cpuPer1000.busiest !== undefined) }))
}
