import { QueryCache, QueryClient } from '@tanstack/react-query'
import { Problem } from './problem.ts'

export function makeQueries(): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      // The session is over: whoever looks signs in again, and stays on the page.
      onError: error => {
        if (error instanceof Problem && error.status === 401) void queries.invalidateQueries({ queryKey: ['session'] })
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 1_000,
        // The console may be on this very machine: whether there is a network says nothing.
        networkMode: 'always',
        retry: (count, error) => !(error instanceof Problem) && count < 3,
        refetchOnWindowFocus: true,
      },
    },
  })
  return queries
}
