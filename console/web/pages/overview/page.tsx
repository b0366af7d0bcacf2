import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function Overview(): ReactNode {
  return <Page title="Overview" />
}
