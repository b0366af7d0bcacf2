import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function Audit(): ReactNode {
  return <Page title="Audit" />
}
