import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, Suspense, useState } from 'react'
import { Route, Router, Switch, useLocation } from 'wouter'
import { LiveProvider } from './api/live.tsx'
import { makeQueries } from './api/queries.ts'
import { pages } from './pages.ts'
import { Loading } from './parts/states.tsx'
import { NowhereElse } from './shell/nowhere.tsx'
import { SessionGate } from './shell/session-gate.tsx'
import { Shell } from './shell/shell.tsx'
import { ShortcutsProvider } from './shell/shortcuts.tsx'
import { Unexpected } from './shell/unexpected.tsx'
import { styleNonce } from './style-nonce.ts'
import { theme } from './theme.ts'

export function Console(): ReactNode {
  const [queries] = useState(makeQueries)
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={styleNonce}>
      <QueryClientProvider client={queries}>
        <Router base={import.meta.env.BASE_URL.replace(/\/$/, '')}>
          <SessionGate>
            <LiveProvider>
              <ShortcutsProvider>
                <Shell>
                  <Pages />
                </Shell>
              </ShortcutsProvider>
            </LiveProvider>
          </SessionGate>
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  )
}

function Pages(): ReactNode {
  return (
    <Unexpected at={useLocation()[0]}>
      <Suspense fallback={<Loading />}>
        <Switch>
          {pages.map(({ path, Page }) => (
            <Route key={path} path={path} component={Page} />
          ))}
          <Route component={NowhereElse} />
        </Switch>
      </Suspense>
    </Unexpected>
  )
}
