import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function Saga(): ReactNode {
  return <Page title="Saga" />
}
