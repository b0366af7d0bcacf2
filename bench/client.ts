import { runAsChild } from './child.ts'
import { type Load, type LoadReport, startLoad } from './load.ts'
import type { Environment, Start } from './set-up.ts'
import type { Books } from './shop/books.ts'
import { orders } from './shop/order.ts'

/** What the run tells the client process to do. */
export type ClientRequest =
  | { readonly do: 'load'; readonly name: string; readonly inFlight: number; readonly ordersMax: number }
  | { readonly do: 'mark' }
  | { readonly do: 'stop' }
  | { readonly do: 'count' }

export type ClientAnswer =
  | { readonly is: 'spent' }
  | { readonly is: 'report'; readonly report: LoadReport }
  | { readonly is: 'books'; readonly books: Books }

// The process that places the orders of one set-up and waits for their outcomes.
await runAsChild<Environment>(async environment => {
  const { start } = (await import(new URL(environment.setUp.module, import.meta.url).href)) as { start: Start }
  const running = await start(environment)
  let load: Load | undefined
  process.on('message', async (request: ClientRequest) => {
    switch (request.do) {
      case 'load':
        load = startLoad(running.order, orders(request.name, environment.setUp.skus), request)
        load.spent.then(() => answer({ is: 'spent' }))
        return
      case 'mark':
        return load!.mark()
      case 'stop':
        return answer({ is: 'report', report: await load!.stop() })
      case 'count':
        return answer({ is: 'books', books: await running.books() })
    }
  })
  return () => running.stop()
})

function answer(message: ClientAnswer): void {
  process.send!(message)
}
