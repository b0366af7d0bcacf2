import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function Runbooks(): ReactNode {
  return <Page title="Runbooks" />
}
