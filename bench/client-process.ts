import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { ClientAnswer, ClientRequest } from './client.ts'
import type { LoadReport } from './load.ts'
import type { Books } from './shop/books.ts'

/** The client process of a set-up, as the run sees it. */
export interface Client {
  load(load: { readonly name: string; readonly inFlight: number; readonly ordersMax: number }): void
  /** Resolves when no more orders are started. */
  spent(): Promise<unknown>
  mark(): void
  stop(): Promise<LoadReport>
  count(): Promise<Books>
}

export function clientIn(child: ChildProcess): Client {
  const tell = (request: ClientRequest) => void child.send(request)
  const hear = async <Is extends ClientAnswer['is']>(is: Is): Promise<ClientAnswer & { readonly is: Is }> => {
    const ended = new AbortController()
    const end = () => ended.abort(new Error('the client process ended'))
    child.once('exit', end)
    try {
      for (;;) {
        const [answer] = (await once(child, 'message', { signal: ended.signal })) as [ClientAnswer]
        if (answer.is === is) return answer as ClientAnswer & { readonly is: Is }
      }
    } finally {
      child.off('exit', end)
    }
  }
  return {
    load: load => tell({ do: 'load', ...load }),
    spent: () => {
      const spent = hear('spent')
      spent.catch(() => {})
      return spent
    },
    mark: () => tell({ do: 'mark' }),
    stop: () => {
      tell({ do: 'stop' })
      return hear('report').then(({ report }) => report)
    },
    count: () => {
      tell({ do: 'count' })
      return hear('books').then(({ books }) => books)
    },
  }
}
