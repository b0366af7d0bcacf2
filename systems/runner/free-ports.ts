import { createServer } from 'node:net'

/** A number that, added to each of the ports, gives ones that nobody listens on at present. */
export async function freePortOffset(ports: readonly number[]): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const offset = 1_000 + Math.floor(Math.random() * 40) * 500 + Math.floor(Math.random() * 50) * 10
    if (ports.some(port => port + offset === neverFetched)) continue
    const free = await Promise.all(ports.map(port => isFree(port + offset)))
    if (free.every(Boolean)) return offset
  }
  throw new Error(`No free ports were found for ${ports.join(', ')}.`)
}

/** Of those that browsers and `fetch` refuse to ask, the one that is in this range. */
const neverFetched = 10_080

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
