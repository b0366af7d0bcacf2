import { MakegoodError } from '../model/errors.ts'

/**
 * A connection of a pool, which would wait for a free one, or for a server that says nothing, without end.
 *
 * @throws MakegoodError `STORE_UNAVAILABLE` after `ms`.
 */
export function takenInTime<Connection extends { release(): void }>(
  taking: Promise<Connection>,
  ms: number,
  server: string,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // Whoever comes too late goes back.
      taking.then(connection => connection.release()).catch(() => {})
      reject(new MakegoodError('STORE_UNAVAILABLE', `No connection of the ${server} pool was free for ${ms} ms.`))
    }, ms)
    taking.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** How much longer than the server may take for a statement its answer is waited for, if it says nothing any more. */
export const answerMsMore = 5_000
