import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function Playground(): ReactNode {
  return <Page title="Playground" />
}
