import { createServer, connect as dial, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A way that can be cut, or frozen: open and silent. */
export interface Way {
  /** Of 127.0.0.1, where it begins. */
  readonly port: number
  /** Ends all connections. */
  cut(): void
  freeze(): void
  /** Ends all connections; new ones are no longer frozen. */
  thaw(): void
}

export interface Network extends Way {
  /** The same place by this way. */
  readonly url: string
}

export async function cuttable(url: string): Promise<Network> {
  const { hostname, port } = new URL(url)
  const way = await wayTo(() => ({ hostname, port: Number(port) }))
  const around = new URL(url)
  around.port = String(way.port)
  return { ...way, url: around.href }
}

/** It need not be known where to until somebody goes there. */
export async function wayTo(target: () => { readonly hostname: string; readonly port: number }): Promise<Way> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let frozen = false
  const proxy = createServer(near => {
    const { hostname, port } = target()
    const far = dial(port, hostname)
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
  return {
    port: (proxy.address() as { port: number }).port,
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
