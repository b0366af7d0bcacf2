import { type Place, type Unreachable, UnreachableError } from './client-place.ts'
import type { Change } from './contract.ts'

/** What one address has told. `away` is told once, and `connected` when it is there again. */
export type Told = { readonly url: string } & (
  | Change
  | { readonly event: 'connected' }
  | { readonly event: 'away'; readonly data: Unreachable }
)

/**
 * Listens at all places at once, until `signal` is aborted or nobody goes on reading. What is lost is looked for again,
 * after half a second at first and every 15 seconds at last.
 *
 * Each change says how things are, and not what was added: of what a slow reader has not come to, the latest is kept.
 */
export async function* changesAt(
  places: readonly Place[],
  query: object,
  signal: AbortSignal | undefined,
): AsyncGenerator<Told> {
  const over = new AbortController()
  const end = () => over.abort()
  const inbound = new Latest(over.signal)
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted) end()
  const listeners = places.map(place => keepListening(place, query, over.signal, told => inbound.put(told)))
  // A question that is refused is refused by all of them, and for good.
  const refused = Promise.all(listeners).then(() => [])
  refused.catch(() => undefined)
  try {
    while (!over.signal.aborted) yield* await Promise.race([inbound.take(), refused])
  } finally {
    end()
    signal?.removeEventListener('abort', end)
    await Promise.allSettled(listeners)
  }
}

async function keepListening(
  place: Place,
  query: object,
  signal: AbortSignal,
  tell: (told: Told) => void,
): Promise<void> {
  const { url } = place
  let pauseMs = pauseMsMin
  let isAway = false
  while (!signal.aborted) {
    try {
      const connected = () => {
        pauseMs = pauseMsMin
        isAway = false
        tell({ url, event: 'connected' })
      }
      for await (const change of place.listen(query, signal, connected)) tell({ url, ...change })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof UnreachableError)) throw error
      if (!isAway) tell({ url, event: 'away', data: error.unreachable })
      isAway = true
    }
    await rest(pauseMs * (0.75 + Math.random() / 2), signal)
    pauseMs = Math.min(pauseMs * 2, pauseMsMax)
  }
}

const pauseMsMin = 500
const pauseMsMax = 15_000

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const over = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
      resolve()
    }
    const timer = setTimeout(over, ms)
    if (signal.aborted) over()
    else signal.addEventListener('abort', over)
  })
}

/** Of each kind from each place the last one, in the order in which they came. */
class Latest {
  readonly #told = new Map<string, Told>()
  #wake: () => void = () => undefined

  constructor(over: AbortSignal) {
    over.addEventListener('abort', () => this.#wake(), { once: true })
  }

  put(told: Told): void {
    // Being there and being away exclude each other.
    const about = told.event === 'connected' || told.event === 'away' ? 'link' : told.event
    const key = `${told.url} ${about}`
    this.#told.delete(key)
    this.#told.set(key, told)
    this.#wake()
  }

  /** Resolves when there is something, or when it is over. */
  async take(): Promise<readonly Told[]> {
    if (this.#told.size === 0) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    const told = [...this.#told.values()]
    this.#told.clear()
    return told
  }
}
