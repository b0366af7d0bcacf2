import { createServer, connect as dial, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A way to the broker that can be cut, or frozen: open and silent. */
export async function cuttable(url: string): Promise<Network> {
  const target = new URL(url)
  const pairs = new Set<readonly [Socket, Socket]>()
  let frozen = false
  const proxy = createServer(near => {
    const far = dial(Number(target.port), target.hostname)
    const pair = [near, far] as const
    pairs.add(pair)
    near.on('data', data => frozen || far.write(data))
    far.on('data', data => frozen || near.write(data))
    for (const [socket, other] of [pair, [far, near]] as const) {
      socket.on('error', () => {})
      socket.on('close', () => {
        other.destroy()
        pairs.delete(pair)
      })
    }
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const [near] of pairs) near.destroy()
  }
  onTestFinished(() => {
    cut()
    proxy.close()
  })
  const way = new URL(url)
  way.port = String((proxy.address() as { port: number }).port)
  return {
    url: way.href,
    cut,
    freeze: () => {
      frozen = true
    },
    thaw: () => {
      frozen = false
      cut()
    },
  }
}

export interface Network {
  /** The same place by this way. */
  readonly url: string
  /** Ends all connections. */
  cut(): void
  freeze(): void
  /** Ends all connections; new ones are no longer frozen. */
  thaw(): void
}
