import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/**
 * Starts a server when somebody asks for it for the first time: most runs of single test files never do. The tests run
 * in processes of their own, and so they ask by a socket; `door` is its path.
 */
export async function onDemand(name: string, start: () => Promise<Started>): Promise<Demand> {
  let starting: Promise<Started> | undefined
  const door = join(tmpdir(), `makegood-${name}-${process.pid}.door`)
  const porter: Server = createServer(socket => {
    socket.on('error', () => {})
    starting ??= start()
    starting.then(
      ({ url }) => socket.end(url),
      error => socket.end(`failed: ${error.message}`),
    )
  })
  await new Promise<void>(resolve => porter.listen(door, resolve))
  return {
    door,
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
export async function askAt(door: string): Promise<string> {
  const answer = await text(connect(door))
  if (answer.startsWith('failed: ')) throw new Error(answer.slice('failed: '.length))
  return answer
}

export interface Started {
  readonly url: string
  stop(): Promise<void>
}

export interface Demand {
  readonly door: string
  /** Ends the server, if it was started. */
  stop(): Promise<void>
}
