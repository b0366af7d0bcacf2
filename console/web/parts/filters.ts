import { useSearchParams } from 'wouter'

/** What a list is narrowed to, as the address says it; an empty value is none. Another choice begins at the first page. */
export function useFilters<Name extends string>(
  names: readonly Name[],
): readonly [{ readonly [N in Name]?: string }, (choice: { readonly [N in Name]?: string | undefined }) => void] {
  const [search, setSearch] = useSearchParams()
  const given = names.flatMap(name => {
    const value = search.get(name)
    return value === null || value === '' ? [] : [[name, value]]
  })
  const { pathname } = window.location
  const choose = (choice: { readonly [N in Name]?: string | undefined }) => {
    // A page that was left stays until the next one is there: what was typed last calls nobody back to it.
    if (window.location.pathname !== pathname) return
    setSearch(
      before => {
        const next = new URLSearchParams(before)
        if (!('after' in choice)) next.delete('after')
        for (const [name, value] of Object.entries<string | undefined>(choice)) {
          if (value === undefined || value === '') next.delete(name)
          else next.set(name, value)
        }
        return next
      },
      { replace: true },
    )
  }
  return [Object.fromEntries(given) as { readonly [N in Name]?: string }, choose]
}
