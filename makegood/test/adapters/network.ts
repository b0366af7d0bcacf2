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
  const connections = new Set<Connection>()
  let isFrozen = false
  const proxy = createServer(near => {
    const { hostname, port } = target()
    const far = dial(port, hostname)
    const connection: Connection = { ends: [near, far], isFrozen }
    connections.add(connection)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('data', data => other.write(data))
      socket.on('error', () => {})
      socket.on('close', () => connection.isFrozen || end(connection))
      if (isFrozen) socket.pause()
    }
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const end = (connection: Connection) => {
    connections.delete(connection)
    for (const socket of connection.ends) socket.destroy()
  }
  const cut = () => {
    for (const connection of connections) end(connection)
  }
  onTestFinished(() => {
    cut()
    proxy.close()
  })
  return {
    port: (proxy.address() as { port: number }).port,
    cut,
    freeze: () => {
      isFrozen = true
      for (const connection of connections) {
        connection.isFrozen = true
        for (const socket of connection.ends) socket.pause()
      }
    },
    heal: () => {
      isFrozen = false
      for (const connection of connections) {
        connection.isFrozen = false
        if (connection.ends.some(({ closed }) => closed)) end(connection)
        else for (const socket of connection.ends) socket.resume()
      }
    },
    thaw: () => {
      isFrozen = false
      cut()
    },
    forget: () => {
      isFrozen = false
    },
  }
}

interface Connection {
  readonly ends: readonly [Socket, Socket]
  /** The one end hears nothing of the other, not even that it is gone. */
  isFrozen: boolean
}
