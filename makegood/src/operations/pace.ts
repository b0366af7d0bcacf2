import type { Pace } from './contract.ts'
import type { OperatedService } from './services.ts'
import { time } from './times.ts'

/** How many sagas have ended in each minute of the last hour, and how long they took. */
export async function paceOf({ queries }: OperatedService): Promise<Pace> {
  const since = (Math.floor(Date.now() / minuteMs) - 60) * minuteMs
  const { minutes, durations } = await queries.pace(since)
  return { since: time(since), minutes: minutes.map(each => ({ ...each, at: time(each.at) })), durations }
}

const minuteMs = 60_000
