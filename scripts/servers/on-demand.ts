import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'

/**
 * Starts a server when somebody asks for it for the first time: most runs of single test files never do. The tests run
 * in processes of their own, and so they ask at a port of 127.0.0.1, the `door`.
 */
export async function onDemand(start: () => Promise<Started>): Promise<Demand> {
  let starting: Promise<Started> | undefined
  const porter: Server = createServer(socket => {
    socket.on('error', () => {})
    starting ??= start()
    starting.then(
      ({ url }) => socket.end(url),
      error => socket.end(`failed: ${error.message}`),
    )
  })
  await new Promise<void>(resolve => porter.listen(0, '127.0.0.1', resolve))
  return {
    door: (porter.address() as AddressInfo).port,
    stop: async () => {
      porter.close()
      await starting?.then(
        server => server.stop(),
        () => {},
      )
    },
  }
}

/** Resolves with the URL of the server behind a door. */
export async function askAt(door: number): Promise<string> {
  const answer = await text(connect(door, '127.0.0.1'))
  if (answer.startsWith('failed: ')) throw new Error(answer.slice('failed: '.length))
  return answer
}

export interface Started {
  readonly url: string
  stop(): Promise<void>
}

export interface Demand {
  readonly door: number
  /** Ends the server, if it was started. */
  stop(): Promise<void>
}
