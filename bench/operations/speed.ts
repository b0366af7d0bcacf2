import type { Client } from '../client-process.ts'
import { median } from '../report/figures.ts'
import { faultIn } from '../shop/books.ts'
import { listen, openOverview, type Watching } from './watching.ts'

/** The engine's speed beside who watches it, in windows that take turns. */
export interface Speed {
  readonly watched: string
  /** Of each round: sagas a second with somebody watching, by sagas a second with nobody. */
  readonly ratios: readonly number[]
  readonly ratio: number
  readonly sagasPerSecond: number
  readonly alone: number
}

const watchers: { readonly [watched: string]: (base: string) => Promise<readonly Watching[]> } = {
  'one listens to the changes': async base => [await listen(base)],
  'ten listen to the changes': base => Promise.all(Array.from({ length: 10 }, () => listen(base))),
  'the overview of the console is open': async base => [await openOverview(base)],
}

/** @throws Error if an order does not end, or the books do not balance afterwards. */
export async function measureSpeed(
  client: Client,
  base: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly Speed[]> {
  let loads = 0
  let { shipments } = await client.count()
  const window = async () => {
    client.load({ name: `speed-${++loads}`, inFlight: 64, ordersMax: 10_000_000 })
    await pause(1_000)
    client.mark()
    await pause(seconds * 1_000)
    const { ended, shipped, broken, firstError, seconds: length } = await client.stop()
    shipments += shipped
    if (broken > 0) throw new Error(`${broken} orders did not end: ${firstError}`)
    return ended / length
  }
  await window()
  const speeds: Speed[] = []
  for (const [watched, open] of Object.entries(watchers)) {
    const pairs: { readonly alone: number; readonly beside: number }[] = []
    for (let round = 0; round < rounds; round++) {
      const besideFirst = round % 2 === 1
      const before = besideFirst ? 0 : await window()
      const watching = await open(base)
      const beside = await window()
      await Promise.all(watching.map(each => each.stop()))
      pairs.push({ alone: besideFirst ? await window() : before, beside })
    }
    const ratios = pairs.map(({ alone, beside }) => beside / alone)
    speeds.push({
      watched,
      ratios,
      ratio: median(ratios),
      sagasPerSecond: median(pairs.map(({ beside }) => beside)),
      alone: median(pairs.map(({ alone }) => alone)),
    })
  }
  const fault = faultIn(await client.count(), shipments)
  if (fault !== undefined) throw new Error(`The books do not balance: ${fault}.`)
  return speeds
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
