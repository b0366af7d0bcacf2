import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Menu,
  NavLink,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type ReactNode, useEffect } from 'react'
import { Link, useLocation } from 'wouter'
import { type LiveState, useLiveState } from '../api/live.tsx'
import { useSession, useSignOut } from '../api/session.ts'
import icon from '../icon.svg'
import { type PageEntry, pages } from '../pages.ts'
import { useShortcut, useShowShortcuts } from './shortcuts.tsx'

/** What stands around every page. */
export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  const [isOpen, { toggle, close }] = useDisclosure()
  const [location] = useLocation()
  const hasPlayground = useSession().data?.hasPlayground === true
  // biome-ignore lint/correctness/useExhaustiveDependencies: who goes elsewhere has chosen
  useEffect(close, [location, close])
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className="skip-link" href="#page">
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <Link href="/" className="brand">
              <img src={icon} alt="" width={24} height={24} />
              <Text fw={700}>makegood</Text>
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LiveMark state={useLiveState()} />
            <ThemeButton />
            <HelpButton />
            <Account />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        {pages
          .filter(({ keys, isPlayground = false }) => keys !== undefined && (!isPlayground || hasPlayground))
          .map(page => (
            <NavigationLink key={page.path} page={page} />
          ))}
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1}>
        {children}
      </AppShell.Main>
    </AppShell>
  )
}

function NavigationLink({ page: { path, title, keys } }: { readonly page: PageEntry }): ReactNode {
  const [location, go] = useLocation()
  const href = path.replace('/*?', '')
  const isHere = href === '/' ? location === '/' : location === href || location.startsWith(`${href}/`)
  useShortcut(keys!, title, () => go(href))
  return (
    <NavLink component={Link} href={href} label={title} active={isHere} aria-current={isHere ? 'page' : undefined} />
  )
}

const saysOf: { readonly [State in LiveState]: string } = {
  live: 'Live',
  connecting: 'Connecting…',
  paused: 'Paused',
}

function LiveMark({ state }: { readonly state: LiveState }): ReactNode {
  return (
    <Text size="sm" className="live" data-state={state} role="status" title="Changes are shown as they happen">
      {saysOf[state]}
    </Text>
  )
}

function ThemeButton(): ReactNode {
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light') === 'dark'
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={isDark ? 'Light colours' : 'Dark colours'}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      <span aria-hidden>{isDark ? '☀' : '☾'}</span>
    </ActionIcon>
  )
}

function HelpButton(): ReactNode {
  const show = useShowShortcuts()
  return (
    <ActionIcon variant="default" size="lg" aria-label="Keyboard shortcuts" onClick={show} visibleFrom="sm">
      ?
    </ActionIcon>
  )
}

function Account(): ReactNode {
  const { data } = useSession()
  const signOut = useSignOut()
  if (!data?.caller || data.signIn.length === 0) return null
  const { name, role } = data.caller
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={`Signed in as ${name}`}>
          {name.slice(0, 1).toUpperCase()}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {name}, {role}
        </Menu.Label>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
