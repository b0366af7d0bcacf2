import { type ComponentType, type LazyExoticComponent, lazy } from 'react'

export interface PageEntry {
  /** Of wouter; below the console's own. */
  readonly path: string
  readonly title: string
  /** What goes there when it is typed; only pages with keys stand in the navigation. */
  readonly keys?: string
  /** It stands there only where there is a system to play with. */
  readonly isPlayground?: true
  readonly Page: LazyExoticComponent<ComponentType>
}

/** Every page there is. Each folder of `pages/` is one, and loaded when somebody goes there. */
export const pages: readonly PageEntry[] = [
  { path: '/', title: 'Overview', keys: 'g o', Page: lazy(() => import('./pages/overview/page.tsx')) },
  { path: '/sagas', title: 'Sagas', keys: 'g s', Page: lazy(() => import('./pages/sagas/page.tsx')) },
  { path: '/sagas/*', title: 'Saga', Page: lazy(() => import('./pages/saga/page.tsx')) },
  { path: '/failures/*?', title: 'Failures', keys: 'g f', Page: lazy(() => import('./pages/failures/page.tsx')) },
  {
    path: '/dead-letters/*?',
    title: 'Dead letters',
    keys: 'g l',
    Page: lazy(() => import('./pages/dead-letters/page.tsx')),
  },
  {
    path: '/definitions/*?',
    title: 'Definitions',
    keys: 'g d',
    Page: lazy(() => import('./pages/definitions/page.tsx')),
  },
  { path: '/services/*?', title: 'Services', keys: 'g v', Page: lazy(() => import('./pages/services/page.tsx')) },
  { path: '/audit', title: 'Audit', keys: 'g a', Page: lazy(() => import('./pages/audit/page.tsx')) },
  { path: '/runbooks/*?', title: 'Runbooks', keys: 'g r', Page: lazy(() => import('./pages/runbooks/page.tsx')) },
  {
    path: '/playground/*?',
    title: 'Playground',
    keys: 'g p',
    isPlayground: true,
    Page: lazy(() => import('./pages/playground/page.tsx')),
  },
]
