import { createServer, connect as dial, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A way that can be cut, or frozen: open and silent, as when packets get lost. */
export interface Way {
  /** Of 127.0.0.1, where it begins. */
  readonly port: number
  /** Ends all connections. */
  cut(): void
  /** Nothing arrives any more, on connections that there are and on new ones, and neither does the end of one. */
  freeze(): void
  /** What was frozen arrives late, on the same connections. */
  heal(): void
  /** Ends all connections; new ones are not frozen. */
  thaw(): void
  /** New connections are not frozen; those that there are remain so for good, as behind a firewall that has lost them. */
  forget(): void
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
  const sockets = new Set<Socket>()
  let frozen = false
  const proxy = createServer(near => {
    const { hostname, port } = target()
    const far = dial(port, hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('data', data => other.write(data))
      socket.on('error', () => {})
      socket.on('close', () => {
        other.destroy()
        sockets.delete(socket)
      })
      // Who does not read sees no end either.
      if (frozen) socket.pause()
    }
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
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
      for (const socket of sockets) socket.pause()
    },
    heal: () => {
      frozen = false
      for (const socket of sockets) socket.resume()
    },
    thaw: () => {
      frozen = false
      cut()
    },
    forget: () => {
      frozen = false
    },
  }
}
