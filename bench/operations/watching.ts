/** Somebody who looks at the shop meanwhile. */
export interface Watching {
  stop(): Promise<void>
}

/** What the console listens to, read and thrown away. */
export async function listen(base: string, onFigures: () => Promise<void> = async () => {}): Promise<Watching> {
  const over = new AbortController()
  const { body, status } = await fetch(`${base}/operations/changes`, { signal: over.signal })
  if (status !== 200 || body === null) throw new Error(`/operations/changes was answered with ${status}.`)
  const reading = read(body, over.signal, onFigures).catch(error => {
    if (!over.signal.aborted) throw error
  })
  return {
    stop: async () => {
      over.abort()
      await reading
    },
  }
}

async function read(body: ReadableStream<Uint8Array>, over: AbortSignal, onFigures: () => Promise<void>) {
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    if (over.aborted) return
    if (piece.includes('event: figures')) await onFigures()
  }
}

/** As the console's overview does: when figures have changed it asks for what depends on them, every 3 s at the most. */
export function openOverview(base: string): Promise<Watching> {
  const paths = ['/failures', '/sagas?status=compensating&order=oldest&limit=1', '/pace']
  let askedAt = Number.NEGATIVE_INFINITY
  return listen(base, async () => {
    if (performance.now() - askedAt < 3_000) return
    askedAt = performance.now()
    const answers = await Promise.all(paths.map(path => fetch(`${base}/operations${path}`)))
    await Promise.all(answers.map(answer => answer.text()))
  })
}
