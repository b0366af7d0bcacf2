import { type QueryClient, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ActionKind, mayAct, type Role, rolesOfActions } from 'makegood/operations/contract'
import type { SessionView } from '../../server/contract.ts'
import { get, post, remove } from './request.ts'

const key = ['session']

export function useSession(): UseQueryResult<SessionView, Error> {
  return useQuery({ queryKey: key, queryFn: ({ signal }) => get<SessionView>('/session', {}, signal) })
}

/** Whether whoever looks may do it. Each service looks again for itself; this only keeps buttons from being in vain. */
export function useMay(): (what: ActionKind | Role) => boolean {
  const { data } = useSession()
  const role = data?.caller?.role
  return what =>
    role !== undefined && mayAct(role, what in rolesOfActions ? rolesOfActions[what as ActionKind] : (what as Role))
}

export function useSignIn(): (token: string) => Promise<void> {
  const queries = useQueryClient()
  return async token => become(queries, await post<SessionView>('/session', { token }))
}

export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient()
  return async () => become(queries, await remove<SessionView>('/session'))
}

/** What somebody else was shown is not for whoever comes after them. */
function become(queries: QueryClient, session: SessionView): void {
  queries.setQueryData(key, session)
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== key[0] })
}
