import { Kbd, Modal, Stack, Switch, Table } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { createContext, type ReactNode, useContext, useEffect, useEffectEvent, useMemo, useState } from 'react'

export interface Shortcut {
  /** One key, or two after each other: `?`, `g o`. */
  readonly keys: string
  readonly says: string
  readonly run: () => void
}

interface Shortcuts {
  readonly add: (shortcut: Shortcut) => () => void
  readonly show: () => void
}

const Context = createContext<Shortcuts>({ add: () => () => {}, show: () => {} })

/** How long the second of two keys may take. */
const pairMs = 1_500

/**
 * Keys without Ctrl or Alt, outside of fields. Who speaks to the machine, or hits keys by chance, can turn them off (WCAG
 * 2.1.4).
 */
export function ShortcutsProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [shortcuts, setShortcuts] = useState<readonly Shortcut[]>([])
  const [isShown, setShown] = useState(false)
  const [areOn, setOn] = useLocalStorage({ key: 'console.shortcuts', defaultValue: true })
  const context = useMemo(
    () => ({
      show: () => setShown(true),
      add: (shortcut: Shortcut) => {
        setShortcuts(before => [...before, shortcut])
        return () => setShortcuts(before => before.filter(each => each !== shortcut))
      },
    }),
    [],
  )
  const all = useMemo(
    () => [...shortcuts, { keys: '?', says: 'These shortcuts', run: () => setShown(shown => !shown) }],
    [shortcuts],
  )
  useKeys(areOn ? all : [])
  return (
    <Context value={context}>
      {children}
      <Modal opened={isShown} onClose={() => setShown(false)} title="Keyboard shortcuts">
        <Stack>
          <Table>
            <Table.Tbody>
              {all.map(({ keys, says }) => (
                <Table.Tr key={keys}>
                  <Table.Th scope="row">{says}</Table.Th>
                  <Table.Td ta="right">
                    <Kbd>{keys}</Kbd>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Switch checked={areOn} onChange={event => setOn(event.currentTarget.checked)} label="Shortcuts are on" />
        </Stack>
      </Modal>
    </Context>
  )
}

/** For as long as whoever says it is shown. */
export function useShortcut(keys: string, says: string, run: () => void): void {
  const { add } = useContext(Context)
  const runNow = useEffectEvent(run)
  useEffect(() => add({ keys, says, run: () => runNow() }), [add, keys, says])
}

export function useShowShortcuts(): () => void {
  return useContext(Context).show
}

function useKeys(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    let first: { readonly key: string; readonly at: number } | undefined
    const look = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return
      const pair = first !== undefined && event.timeStamp - first.at < pairMs ? `${first.key} ${event.key}` : undefined
      const found = shortcuts.find(({ keys }) => keys === pair) ?? shortcuts.find(({ keys }) => keys === event.key)
      first = found === undefined ? { key: event.key, at: event.timeStamp } : undefined
      if (found === undefined) return
      event.preventDefault()
      found.run()
    }
    document.addEventListener('keydown', look)
    return () => document.removeEventListener('keydown', look)
  }, [shortcuts])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
}
